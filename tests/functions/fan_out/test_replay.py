"""Recovery: what was missed, in order, or `reset`; an offset at the head always succeeds."""

import pytest

from adapters.dynamodb import client as dynamodb
from adapters.dynamodb.message_log import entry_key, message_table
from domain.errors import UnavailableError
from domain.model import AsSpeaker, Position
from tests.functions.fan_out.management_api import Answer
from tests.functions.fan_out.stage import Stage

pytestmark = pytest.mark.emulator


@pytest.fixture
def told(stage: Stage) -> tuple[str, str, str]:
    """A session with five messages: its speaker, id and epoch."""
    speaker = stage.connect("user")
    created = stage.create(speaker)
    for number in range(1, 6):
        stage.publish(speaker, f"m{number}")
    return speaker, created["sessionId"], created["epoch"]


def test_what_was_missed_comes_in_order_before_the_reply(stage: Stage, told: tuple[str, str, str]) -> None:
    _, session_id, epoch = told
    listener, reply = stage.join(session_id, position=Position(epoch=epoch, offset=2))
    assert (reply["replayed"], reply["offset"]) == (3, 5)
    assert "more" not in reply
    assert stage.heard(listener) == [(3, "m3"), (4, "m4"), (5, "m5")]


def test_pages_follow_until_the_head(stage: Stage, told: tuple[str, str, str]) -> None:
    _, session_id, epoch = told
    paged = stage.with_settings(replay_page=2)
    listener, reply = paged.join(session_id, position=Position(epoch=epoch, offset=0))
    assert (reply["replayed"], reply.get("more")) == (2, True)
    _, reply = paged.join(session_id, position=Position(epoch=epoch, offset=2), listener=listener)
    assert (reply["replayed"], reply.get("more")) == (2, True)
    _, reply = paged.join(session_id, position=Position(epoch=epoch, offset=4), listener=listener)
    assert (reply["replayed"], reply.get("more")) == (1, None)
    assert [offset for offset, _ in stage.heard(listener)] == [1, 2, 3, 4, 5]
    assert stage.listening(session_id) == 1
    paged.close()


def test_at_the_head_it_always_succeeds(stage: Stage, told: tuple[str, str, str]) -> None:
    """However long ago: nothing was missed."""
    _, session_id, epoch = told
    stage.now += stage.settings.log_max_age * 5
    _, reply = stage.join(session_id, position=Position(epoch=epoch, offset=5))
    assert reply["replayed"] == 0


@pytest.mark.parametrize(("epoch", "offset"), [("deadbeef", 5), ("", 6), ("", 2**53 - 1)])
def test_a_position_elsewhere_is_reset(
    stage: Stage, told: tuple[str, str, str], epoch: str, offset: int
) -> None:
    """Another epoch, or beyond the head."""
    _, session_id, own = told
    listener, reply = stage.join(session_id, position=Position(epoch=epoch or own, offset=offset))
    assert reply["reset"] is True
    assert "replayed" not in reply
    assert stage.heard(listener) == []


def test_beyond_the_count_that_is_kept_it_is_reset(stage: Stage, told: tuple[str, str, str]) -> None:
    _, session_id, epoch = told
    short = stage.with_settings(log_max_count=2)
    assert short.join(session_id, position=Position(epoch=epoch, offset=2))[1]["reset"] is True
    assert short.join(session_id, position=Position(epoch=epoch, offset=3))[1]["replayed"] == 2
    short.close()


def test_beyond_the_age_that_is_kept_it_is_reset(stage: Stage, told: tuple[str, str, str]) -> None:
    """Also while DynamoDB has the items still, and if only the oldest is too old."""
    speaker, session_id, epoch = told
    stage.now += stage.settings.log_max_age
    stage.publish(speaker, "m6")
    assert stage.join(session_id, position=Position(epoch=epoch, offset=4))[1]["reset"] is True
    assert stage.join(session_id, position=Position(epoch=epoch, offset=5))[1]["replayed"] == 1


def test_a_hole_in_the_log_is_reset(stage: Stage, told: tuple[str, str, str]) -> None:
    """DynamoDB deletes what expired in any order."""

    _, session_id, epoch = told
    dynamodb.client().delete_item(TableName=message_table(), Key=entry_key(session_id, epoch, 4))
    listener, reply = stage.join(session_id, position=Position(epoch=epoch, offset=2))
    assert reply["reset"] is True
    assert stage.heard(listener) == []
    assert stage.join(session_id, position=Position(epoch=epoch, offset=4))[1]["replayed"] == 1


def test_languages_are_skipped_in_a_replay_too(stage: Stage, told: tuple[str, str, str]) -> None:
    speaker, session_id, epoch = told
    stage.publish(speaker, "nur", targetLanguages=["de"])
    position = Position(epoch=epoch, offset=5)
    assert stage.heard(stage.join(session_id, "es", position)[0]) == [(6, None)]
    assert stage.heard(stage.join(session_id, "de", position)[0]) == [(6, "nur")]


def test_the_last_messages_are_replayed_after_the_end(stage: Stage, told: tuple[str, str, str]) -> None:
    """Page by page, to who comes back; nobody is counted."""
    speaker, session_id, epoch = told
    stage.end(session_id, AsSpeaker(connection_id=speaker, generation=1))
    paged = stage.with_settings(replay_page=2)
    listener, reply = paged.join(session_id, position=Position(epoch=epoch, offset=2))
    assert (reply["status"], reply["offset"], reply["replayed"], reply.get("more")) == ("ended", 5, 2, True)
    _, reply = paged.join(session_id, position=Position(epoch=epoch, offset=4), listener=listener)
    assert (reply["status"], reply["replayed"], reply.get("more")) == ("ended", 1, None)
    assert [offset for offset, _ in stage.heard(listener)] == [3, 4, 5]
    assert stage.listening(session_id) == 0
    _, reply = paged.join(session_id, position=Position(epoch="deadbeef", offset=4), listener=listener)
    assert (reply["status"], reply["reset"]) == ("ended", True)
    paged.close()


def test_a_replay_that_does_not_arrive_is_asked_for_again(stage: Stage, told: tuple[str, str, str]) -> None:
    _, session_id, epoch = told
    stage.api.answer = lambda _: Answer(status=429)
    listener = stage.connect()
    with pytest.raises(UnavailableError):
        stage.join(session_id, position=Position(epoch=epoch, offset=0), listener=listener)
    stage.api.answer = lambda _: Answer()
    _, reply = stage.join(session_id, position=Position(epoch=epoch, offset=0), listener=listener)
    assert reply["replayed"] == 5
    assert stage.listening(session_id) == 1
