"""presence: the speaker hears how many listen, and is left with the latest number."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.model import AsSpeaker
from tests.functions.fan_out.management_api import Answer, Got
from tests.functions.fan_out.stage import Stage

pytestmark = pytest.mark.emulator


def numbers(stage: Stage, speaker: str) -> list[int]:
    return [push["listeners"] for push in stage.api.pushes(speaker) if push["type"] == "presence"]


def test_one_push_tells_the_count_over_all_shards(stage: Stage) -> None:
    speaker, session_id = stage.speaking()
    for _ in range(12):
        stage.join(session_id)
    stage.presence(session_id)
    assert stage.api.pushes(speaker) == [{"type": "presence", "sessionId": session_id, "listeners": 12}]


def test_a_count_that_moves_meanwhile_is_pushed_again(stage: Stage) -> None:
    speaker, session_id = stage.speaking()
    listener, _ = stage.join(session_id)

    def leaves(_: Got) -> Answer:
        stage.disconnect(listener)
        return Answer()

    stage.api.answer = leaves
    stage.presence(session_id)
    assert numbers(stage, speaker) == [1, 0]


def test_a_speaker_who_cannot_be_reached_is_tried_once_for_a_count_that_moves(stage: Stage) -> None:
    """The next change is told anyway; meanwhile other sessions' speakers wait for their numbers."""
    speaker, session_id = stage.speaking()
    listener, _ = stage.join(session_id)

    def leaves(_: Got) -> Answer:
        stage.disconnect(listener)
        return Answer(status=410)

    stage.api.answer = leaves
    stage.presence(session_id)
    assert numbers(stage, speaker) == [1]


def test_mass_joins_and_drops_leave_the_right_number(stage: Stage) -> None:
    """Many at once, some `$disconnect`s doubled and some lost; a push finds those."""
    speaker, session_id = stage.speaking()
    with ThreadPoolExecutor(8) as pool:
        listeners = [one for one, _ in pool.map(stage.join, [session_id] * 40)]
        stage.presence(session_id)
        told = [*listeners[:20], *listeners[:5]]
        list(pool.map(stage.disconnect, told))
    lost = set(listeners[20:28])
    stage.api.answer = lambda got: Answer(status=410 if got.connection_id in lost else 200)
    stage.publish(speaker, "x")
    stage.presence(session_id)
    assert numbers(stage, speaker) == [40, 12]


def test_nobody_to_tell_is_no_error(stage: Stage) -> None:
    """No such session, none any more, or a speaker who is gone."""
    stage.presence("no-such-100")
    speaker, session_id = stage.speaking()
    stage.api.answer = lambda _: Answer(status=410)
    stage.presence(session_id)
    stage.end(session_id, AsSpeaker(connection_id=speaker, generation=1))
    stage.presence(session_id)
    assert len(stage.api.posted(speaker)) == 1
