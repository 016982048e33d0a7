"""presence: the speaker hears how many listen, and is left with the latest number."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.model import SpeakerAuthority
from tests.support.fake_management_api import Answer, Got
from tests.support.publish_driver import PublishDriver

pytestmark = pytest.mark.emulator


def numbers(publish_driver: PublishDriver, speaker: str) -> list[int]:
    return [push["listeners"] for push in publish_driver.api.pushes(speaker) if push["type"] == "presence"]


def test_one_push_has_the_count_of_all_shards(publish_driver: PublishDriver) -> None:
    speaker, session_id = publish_driver.speaking()
    for _ in range(12):
        publish_driver.join_listener(session_id)
    publish_driver.container.presence(session_id)
    assert publish_driver.api.pushes(speaker) == [
        {"type": "presence", "sessionId": session_id, "listeners": 12}
    ]


def test_a_count_that_changes_meanwhile_is_pushed_again(publish_driver: PublishDriver) -> None:
    speaker, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)

    def leaves(_: Got) -> Answer:
        publish_driver.disconnect(listener)
        return Answer()

    publish_driver.api.answer = leaves
    publish_driver.container.presence(session_id)
    assert numbers(publish_driver, speaker) == [1, 0]


def test_an_unreachable_speaker_is_tried_once_for_a_count_that_changes(
    publish_driver: PublishDriver,
) -> None:
    """The next change is pushed anyway. Meanwhile the speakers of other sessions wait for their counts."""
    speaker, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)

    def leaves(_: Got) -> Answer:
        publish_driver.disconnect(listener)
        return Answer(status=410)

    publish_driver.api.answer = leaves
    publish_driver.container.presence(session_id)
    assert numbers(publish_driver, speaker) == [1]


def test_a_speaker_that_does_not_read_delays_no_other_session(publish_driver: PublishDriver) -> None:
    """A speaker whose buffer is full gets 429. It is not pushed to a second time for the same count."""
    speaker, session_id = publish_driver.speaking()
    publish_driver.api.answer = lambda _: Answer(status=429)
    publish_driver.container.presence(session_id)
    assert len(publish_driver.api.posted(speaker)) == 1


def test_mass_joins_and_drops_leave_the_right_number(publish_driver: PublishDriver) -> None:
    """Many at once, some `$disconnect`s doubled and some lost; a push finds those."""
    speaker, session_id = publish_driver.speaking()
    with ThreadPoolExecutor(8) as pool:
        listeners = [one for one, _ in pool.map(publish_driver.join_listener, [session_id] * 40)]
        publish_driver.container.presence(session_id)
        reported = [*listeners[:20], *listeners[:5]]
        list(pool.map(publish_driver.disconnect, reported))
    lost = set(listeners[20:28])
    publish_driver.api.answer = lambda got: Answer(status=410 if got.connection_id in lost else 200)
    publish_driver.publish(speaker, "x")
    publish_driver.container.presence(session_id)
    assert numbers(publish_driver, speaker) == [40, 12]


def test_a_session_without_a_reachable_speaker_is_no_error(publish_driver: PublishDriver) -> None:
    """No such session, none any more, or a speaker who is gone."""
    publish_driver.container.presence("no-such-100")
    speaker, session_id = publish_driver.speaking()
    publish_driver.api.answer = lambda _: Answer(status=410)
    publish_driver.container.presence(session_id)
    publish_driver.mark_ended(session_id, SpeakerAuthority(connection_id=speaker, generation=1))
    publish_driver.container.presence(session_id)
    assert len(publish_driver.api.posted(speaker)) == 1
