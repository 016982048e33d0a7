"""joinSession: places, shards, recovery and errors."""

from dataclasses import replace
from typing import Any

import pytest

from domain.errors import (
    ConflictError,
    RateLimitedError,
    SessionEndedError,
    SessionFullError,
    SessionNotFoundError,
    TokenExpiredError,
    UnavailableError,
    UnsupportedLanguageError,
)
from domain.model import Position, Replayed, Reset
from domain.settings import Limits, Settings
from tests.functions.conftest import NewDriver
from tests.support.memory_stores import Memory
from tests.support.session_driver import START, UNLIMITED, UseCaseDriver, new_id

NOWHERE = "brave-otter-100"


def test_replies_with_the_session_and_the_offset_from_which_messages_follow(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    reply = driver.join(driver.connect(), session_id)
    assert reply == {
        "type": "sessionJoined",
        "sessionId": session_id,
        "status": "active",
        "sourceLanguage": "en",
        "targetLanguage": "es",
        "quality": "standard",
        "version": 1,
        "epoch": reply["epoch"],
        "offset": 0,
        "replayed": 0,
    }
    assert driver.listener_count(session_id) == 1


def test_joining_again_counts_once_and_may_change_the_language(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    listener = driver.listening(session_id)
    assert driver.join(listener, session_id)["replayed"] == 0
    assert driver.join(listener, session_id, language="fr")["targetLanguage"] == "fr"
    assert driver.listener_count(session_id) == 1
    (row,) = (
        one
        for shard in range(driver.session(session_id).shards)
        for one in driver.container.listeners.page(session_id, shard).listeners
    )
    assert row.target_language == "fr"


@pytest.mark.parametrize(
    ("result", "fields"),
    [(Replayed(count=3, more=True), {"replayed": 3, "more": True}), (Reset(), {"reset": True})],
)
def test_a_position_is_recovered_before_the_reply(
    driver: UseCaseDriver, result: Replayed | Reset, fields: dict[str, Any]
) -> None:
    _, session_id = driver.speaking()
    position = Position(epoch="0" * 8, offset=7)
    driver.replayer.result = result
    reply = driver.join(listener := driver.connect(), session_id, position=position)
    assert reply.items() >= fields.items()
    assert driver.replayer.requests == [(listener, position)]


def test_refuses_a_session_that_does_not_exist(driver: UseCaseDriver) -> None:
    with pytest.raises(SessionNotFoundError):
        driver.join(driver.connect(), NOWHERE)


def test_refuses_a_session_that_has_ended_and_leaves_nothing_behind(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.end(speaker)
    listener = driver.connect()
    with pytest.raises(SessionEndedError):
        driver.join(listener, session_id)
    assert driver.listener_ids(session_id) == []
    _, other = driver.speaking()
    driver.join(listener, other)


def test_a_new_listener_recovers_nothing_after_the_end(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.end(speaker)
    driver.replayer.result = Replayed(count=2, more=True)
    listener, position = driver.connect(), Position(epoch="0" * 8, offset=7)
    reply = driver.join(listener, session_id, position=position)
    expected = {
        "type": "sessionJoined",
        "status": "ended",
        "endReason": "ended",
        "replayed": 2,
        "more": True,
    }
    assert reply.items() >= expected.items()
    assert driver.replayer.requests == [(listener, position)]
    assert (driver.listener_ids(session_id), driver.listener_count(session_id)) == ([], 0)
    assert "ListenersJoined" not in driver.recorder.counts
    connection = driver.container.connections.get(listener)
    assert connection
    assert connection.attachment is None
    driver.now += UNLIMITED.ended_retention
    with pytest.raises(SessionNotFoundError):
        driver.join(listener, session_id, position=position)


def test_a_listener_that_was_there_recovers_after_the_end_and_stays_attached(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    listener, position = driver.listening(session_id), Position(epoch="0" * 8, offset=7)
    driver.end(speaker)
    for _ in range(2):
        assert driver.join(listener, session_id, position=position)["status"] == "ended"
    assert driver.listener_ids(session_id) == [listener]


def test_a_session_that_was_full_at_its_end_is_recovered_too(new_driver: NewDriver) -> None:
    driver = new_driver(replace(UNLIMITED, max_listeners=1))
    speaker, session_id = driver.speaking()
    listener = driver.listening(session_id)
    driver.end(speaker)
    position = Position(epoch="0" * 8, offset=7)
    assert driver.join(driver.connect(), session_id, position=position)["status"] == "ended"
    assert driver.listener_ids(session_id) == [listener]


def test_an_expired_session_is_announced_with_its_reason(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.disconnect(speaker)
    driver.now += UNLIMITED.speaker_grace
    reply = driver.join(driver.connect(), session_id, position=Position(epoch="0" * 8, offset=7))
    assert (reply["status"], reply["endReason"]) == ("ended", "speakerGone")


@pytest.mark.parametrize(
    ("limits", "allowed"), [(Limits(joins_per_minute=2), 2), (Limits(requests_per_minute=2), 4)]
)
def test_replays_after_the_end_are_counted(new_driver: NewDriver, limits: Limits, allowed: int) -> None:
    """As joins of the address, and as requests, of which one listener alone may send twice as many."""
    driver = new_driver(Settings(max_listeners=1, limits=limits))
    speaker, session_id = driver.speaking(new_id("u"))
    driver.end(speaker)
    position, address, listener = Position(epoch="0" * 8, offset=7), new_id("a"), driver.connect()
    for _ in range(allowed):
        driver.join(listener, session_id, position=position, address=address)
    with pytest.raises(RateLimitedError):
        driver.join(listener, session_id, position=position, address=address)


@pytest.mark.parametrize("seconds", [UNLIMITED.session_lifetime, UNLIMITED.session_lifetime + 3600])
def test_expiry_holds_before_the_run_marks_it(driver: UseCaseDriver, seconds: int) -> None:
    _, session_id = driver.speaking()
    driver.now += seconds
    with pytest.raises((SessionEndedError, SessionNotFoundError)):
        driver.join(driver.connect(), session_id)


def test_capacity_is_filled_and_never_exceeded(new_driver: NewDriver) -> None:
    driver = new_driver(replace(UNLIMITED, max_listeners=7, listeners_per_shard=3))
    _, session_id = driver.speaking()
    assert driver.session(session_id).shards == 3
    listeners = [driver.listening(session_id) for _ in range(7)]
    with pytest.raises(SessionFullError) as refused:
        driver.join(driver.connect(), session_id)
    assert refused.value.retry_after
    driver.leave(listeners[0])
    driver.listening(session_id)
    assert driver.listener_count(session_id) == 7 == len(driver.listener_ids(session_id))


def test_a_session_of_fewer_shards_than_the_present_setting_is_joined(new_driver: NewDriver) -> None:
    driver = new_driver(replace(UNLIMITED, max_listeners=50))
    _, session_id = driver.speaking()
    driver.redeploy(UNLIMITED)
    for _ in range(5):
        driver.listening(session_id)
    assert driver.listener_count(session_id) == 5


def test_a_connection_joins_one_session_at_a_time(driver: UseCaseDriver) -> None:
    speaker, first = driver.speaking()
    _, second = driver.speaking()
    listener = driver.listening(first)
    with pytest.raises(ConflictError):
        driver.join(listener, second)
    driver.end(speaker)
    driver.join(listener, second)
    assert driver.listener_ids(second) == [listener]


def test_a_speaker_does_not_listen_on_the_same_connection(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    with pytest.raises(ConflictError):
        driver.join(speaker, session_id)


def test_an_expired_token_permits_neither_joining_nor_recovering(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    listener = driver.connect("listener", token_expires_at=START + 10)
    driver.join(listener, session_id)
    driver.now += 10
    with pytest.raises(TokenExpiredError):
        driver.join(listener, session_id)


def test_refuses_an_unsupported_language(driver: UseCaseDriver) -> None:
    with pytest.raises(UnsupportedLanguageError, match="allowed are en, es"):
        driver.join(driver.connect(), NOWHERE, language="sv")


def test_a_join_whose_first_slot_is_taken_counts_once(new_driver: NewDriver) -> None:
    driver = new_driver(Settings(limits=Limits(joins_per_minute=6), max_listeners=6, listeners_per_shard=1))
    _, session_id = driver.speaking()
    address = new_id("a")
    for _ in range(6):
        driver.join(driver.connect(), session_id, address=address)
    assert driver.listener_count(session_id) == 6


def test_a_listener_whose_recovery_fails_still_listens() -> None:
    driver = UseCaseDriver.in_memory(memory=(memory := Memory()))
    _, session_id = driver.speaking()
    listener = driver.listening(session_id)

    def fail(call: str) -> None:
        if call == "sessions.get":
            raise UnavailableError

    memory.before = fail
    with pytest.raises(UnavailableError):
        driver.join(listener, session_id)
    memory.before = lambda _: None
    assert driver.listener_ids(session_id) == [listener]
