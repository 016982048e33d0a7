"""Requests that really run at once, in threads, against DynamoDB."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import pytest

from domain.errors import SessionError, SessionFullError
from domain.model import Status
from tests.support.invariants import check_connection, check_session
from tests.support.session_driver import UNLIMITED, UseCaseDriver, new_id
from wire.pushes import Message

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("tables")]

Result = TypeVar("Result")


def at_once(acts: Sequence[Callable[[], Result]]) -> list[Result | SessionError]:
    """Start all together; each one's result, or the error that it was refused with."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Result]) -> Result | SessionError:
        gate.wait(timeout=30)
        try:
            return act()
        except SessionError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def replies(results: Sequence[Message | SessionError | None]) -> list[Message]:
    return [result for result in results if isinstance(result, dict)]


@pytest.mark.parametrize("per_shard", [100, 3], ids=["one shard", "four shards"])
def test_fifty_joins_at_once_fill_ten_places_exactly(per_shard: int) -> None:
    driver = UseCaseDriver.on_dynamodb(replace(UNLIMITED, max_listeners=10, listeners_per_shard=per_shard))
    _, session_id = driver.speaking()
    listeners = [driver.connect() for _ in range(50)]
    results = at_once([lambda one=one: driver.join(one, session_id) for one in listeners])
    assert len(replies(results)) == 10
    assert sum(isinstance(result, SessionFullError) for result in results) == 40
    assert driver.listener_count(session_id) == 10
    check_session(driver, session_id)
    for listener in listeners:
        check_connection(driver, listener)


def test_a_join_sent_ten_times_at_once_counts_one() -> None:
    driver = UseCaseDriver.on_dynamodb()
    _, session_id = driver.speaking()
    listener = driver.connect()
    results = at_once([lambda: driver.join(listener, session_id)] * 10)
    assert len(replies(results)) == 10
    assert driver.listener_count(session_id) == 1
    check_session(driver, session_id)


def test_a_creation_sent_ten_times_at_once_makes_one_session() -> None:
    driver = UseCaseDriver.on_dynamodb()
    user = new_id("u")
    speaker = driver.connect(user)
    results = at_once([lambda: driver.create(speaker, user, request_id="r")] * 10)
    assert len({reply["sessionId"] for reply in replies(results)}) == 1
    assert len(replies(results)) == 10


def test_concurrent_duplicate_disconnects_count_once() -> None:
    driver = UseCaseDriver.on_dynamodb(replace(UNLIMITED, max_listeners=20))
    _, session_id = driver.speaking()
    listeners = [driver.listening(session_id) for _ in range(10)]
    leaving = listeners[:7]
    results = at_once([lambda one=one: driver.disconnect(one) for one in leaving * 3])
    assert results == [None] * 21
    assert driver.listener_ids(session_id) == sorted(listeners[7:])
    check_session(driver, session_id)


def test_two_concurrent_updates_both_take_effect() -> None:
    driver = UseCaseDriver.on_dynamodb()
    for _ in range(5):
        speaker, session_id = driver.speaking()
        results = at_once(
            [
                lambda speaker=speaker: driver.update(speaker, status=Status.PAUSED),
                lambda speaker=speaker: driver.update(speaker, quality="premium"),
            ]
        )
        assert len(replies(results)) == 2
        session = driver.session(session_id)
        assert (session.status, session.quality, session.version) == (Status.PAUSED, "premium", 3)


def test_of_many_resumes_at_once_the_last_one_speaks() -> None:
    driver = UseCaseDriver.on_dynamodb()
    _, session_id = driver.speaking()
    newer = [driver.connect("user") for _ in range(4)]
    results = at_once([lambda one=one: driver.resume(one, session_id) for one in newer])
    generations = sorted(reply["generation"] for reply in replies(results))
    assert generations == [2, 3, 4, 5]
    assert driver.session(session_id).generation == 5
    check_session(driver, session_id)


def test_a_disconnect_that_races_a_join_leaves_nothing_behind() -> None:
    driver = UseCaseDriver.on_dynamodb()
    _, session_id = driver.speaking()
    for _ in range(10):
        listener = driver.connect()
        at_once(
            [
                lambda one=listener: driver.join(one, session_id) and None,
                lambda one=listener: driver.disconnect(one),
            ]
        )
        driver.disconnect(listener)
        check_connection(driver, listener)
    assert driver.listener_count(session_id) == 0
    check_session(driver, session_id)


def test_an_end_that_races_joins_leaves_only_connections_that_may_join_again() -> None:
    driver = UseCaseDriver.on_dynamodb()
    speaker, session_id = driver.speaking()
    listeners = [driver.connect() for _ in range(6)]
    joins = [lambda one=one: driver.join(one, session_id) for one in listeners]
    at_once([*joins, lambda: driver.end(speaker)])
    _, other = driver.speaking()
    for listener in listeners:
        driver.join(listener, other)
    assert driver.listener_count(other) == 6
