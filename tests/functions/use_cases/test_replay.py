"""Recovery: what was missed, in order, or `reset`; an offset at the head always succeeds."""

import pytest

from adapters.dynamodb.message_log import entry_key, message_table
from domain.errors import UnavailableError
from domain.model import Position, SpeakerAuthority
from tests.support.fake_management_api import Answer
from tests.support.publish_driver import PublishDriver
from tests.support.tables import boto3_client

pytestmark = pytest.mark.emulator


@pytest.fixture
def broadcast(publish_driver: PublishDriver) -> tuple[str, str, str]:
    """A session with five messages: its speaker, id and epoch."""
    speaker = publish_driver.connect("user")
    created = publish_driver.create(speaker)
    for number in range(1, 6):
        publish_driver.publish(speaker, f"m{number}")
    return speaker, created["sessionId"], created["epoch"]


def test_missed_messages_arrive_in_order_before_the_reply(
    publish_driver: PublishDriver, broadcast: tuple[str, str, str]
) -> None:
    _, session_id, epoch = broadcast
    listener, reply = publish_driver.join_listener(session_id, position=Position(epoch=epoch, offset=2))
    assert (reply["replayed"], reply["offset"]) == (3, 5)
    assert "more" not in reply
    assert publish_driver.heard(listener) == [(3, "m3"), (4, "m4"), (5, "m5")]


def test_pages_follow_until_the_last_offset(
    publish_driver: PublishDriver, broadcast: tuple[str, str, str]
) -> None:
    _, session_id, epoch = broadcast
    paged = publish_driver.with_settings(replay_page=2)
    listener, reply = paged.join_listener(session_id, position=Position(epoch=epoch, offset=0))
    assert (reply["replayed"], reply.get("more")) == (2, True)
    _, reply = paged.join_listener(session_id, position=Position(epoch=epoch, offset=2), listener=listener)
    assert (reply["replayed"], reply.get("more")) == (2, True)
    _, reply = paged.join_listener(session_id, position=Position(epoch=epoch, offset=4), listener=listener)
    assert (reply["replayed"], reply.get("more")) == (1, None)
    assert [offset for offset, _ in publish_driver.heard(listener)] == [1, 2, 3, 4, 5]
    assert publish_driver.listener_count(session_id) == 1
    paged.close()


def test_a_position_at_the_last_offset_always_succeeds(
    publish_driver: PublishDriver, broadcast: tuple[str, str, str]
) -> None:
    """However long ago: nothing was missed."""
    _, session_id, epoch = broadcast
    publish_driver.now += publish_driver.settings.log_max_age * 5
    _, reply = publish_driver.join_listener(session_id, position=Position(epoch=epoch, offset=5))
    assert reply["replayed"] == 0


@pytest.mark.parametrize(("epoch", "offset"), [("deadbeef", 5), ("", 6), ("", 2**53 - 1)])
def test_a_position_of_another_epoch_is_reset(
    publish_driver: PublishDriver, broadcast: tuple[str, str, str], epoch: str, offset: int
) -> None:
    """Another epoch, or beyond the head."""
    _, session_id, own = broadcast
    listener, reply = publish_driver.join_listener(
        session_id, position=Position(epoch=epoch or own, offset=offset)
    )
    assert reply["reset"] is True
    assert "replayed" not in reply
    assert publish_driver.heard(listener) == []


def test_a_position_beyond_the_retained_count_is_reset(
    publish_driver: PublishDriver, broadcast: tuple[str, str, str]
) -> None:
    _, session_id, epoch = broadcast
    short = publish_driver.with_settings(log_max_count=2)
    assert short.join_listener(session_id, position=Position(epoch=epoch, offset=2))[1]["reset"] is True
    assert short.join_listener(session_id, position=Position(epoch=epoch, offset=3))[1]["replayed"] == 2
    short.close()


def test_a_position_older_than_the_retention_is_reset(
    publish_driver: PublishDriver, broadcast: tuple[str, str, str]
) -> None:
    """Also while DynamoDB has the items still, and if only the oldest is too old."""
    speaker, session_id, epoch = broadcast
    publish_driver.now += publish_driver.settings.log_max_age
    publish_driver.publish(speaker, "m6")
    assert (
        publish_driver.join_listener(session_id, position=Position(epoch=epoch, offset=4))[1]["reset"] is True
    )
    assert (
        publish_driver.join_listener(session_id, position=Position(epoch=epoch, offset=5))[1]["replayed"] == 1
    )


def test_a_gap_in_the_log_causes_a_reset(
    publish_driver: PublishDriver, broadcast: tuple[str, str, str]
) -> None:
    """DynamoDB deletes what expired in any order."""

    _, session_id, epoch = broadcast
    boto3_client().delete_item(TableName=message_table(), Key=entry_key(session_id, epoch, 4))
    listener, reply = publish_driver.join_listener(session_id, position=Position(epoch=epoch, offset=2))
    assert reply["reset"] is True
    assert publish_driver.heard(listener) == []
    assert (
        publish_driver.join_listener(session_id, position=Position(epoch=epoch, offset=4))[1]["replayed"] == 1
    )


def test_languages_are_skipped_in_a_replay_too(
    publish_driver: PublishDriver, broadcast: tuple[str, str, str]
) -> None:
    speaker, session_id, epoch = broadcast
    publish_driver.publish(speaker, "nur", targetLanguages=["de"])
    position = Position(epoch=epoch, offset=5)
    assert publish_driver.heard(publish_driver.join_listener(session_id, "es", position)[0]) == [(6, None)]
    assert publish_driver.heard(publish_driver.join_listener(session_id, "de", position)[0]) == [(6, "nur")]


def test_the_last_messages_are_replayed_after_the_end(
    publish_driver: PublishDriver, broadcast: tuple[str, str, str]
) -> None:
    """Page by page, to who comes back; nobody is counted."""
    speaker, session_id, epoch = broadcast
    publish_driver.mark_ended(session_id, SpeakerAuthority(connection_id=speaker, generation=1))
    paged = publish_driver.with_settings(replay_page=2)
    listener, reply = paged.join_listener(session_id, position=Position(epoch=epoch, offset=2))
    assert (reply["status"], reply["offset"], reply["replayed"], reply.get("more")) == ("ended", 5, 2, True)
    _, reply = paged.join_listener(session_id, position=Position(epoch=epoch, offset=4), listener=listener)
    assert (reply["status"], reply["replayed"], reply.get("more")) == ("ended", 1, None)
    assert [offset for offset, _ in publish_driver.heard(listener)] == [3, 4, 5]
    assert publish_driver.listener_count(session_id) == 0
    _, reply = paged.join_listener(
        session_id, position=Position(epoch="deadbeef", offset=4), listener=listener
    )
    assert (reply["status"], reply["reset"]) == ("ended", True)
    paged.close()


def test_a_replay_that_does_not_arrive_is_requested_again(
    publish_driver: PublishDriver, broadcast: tuple[str, str, str]
) -> None:
    _, session_id, epoch = broadcast
    publish_driver.api.answer = lambda _: Answer(status=429)
    listener = publish_driver.connect()
    with pytest.raises(UnavailableError):
        publish_driver.join_listener(session_id, position=Position(epoch=epoch, offset=0), listener=listener)
    publish_driver.api.answer = lambda _: Answer()
    _, reply = publish_driver.join_listener(
        session_id, position=Position(epoch=epoch, offset=0), listener=listener
    )
    assert reply["replayed"] == 5
    assert publish_driver.listener_count(session_id) == 1
