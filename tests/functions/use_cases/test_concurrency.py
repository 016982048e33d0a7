"""Requests that run at once, in threads, against DynamoDB, undisturbed and with what it does under load."""

import traceback
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import pytest

from domain.errors import ConflictError, ForbiddenError, SessionError, SessionFullError
from domain.model import Status
from tests.support.disturbances import Disturbance
from tests.support.invariants import check_connection, check_session
from tests.support.publish_driver import PublishDriver
from tests.support.session_driver import UNLIMITED, UseCaseDriver, new_id

Result = TypeVar("Result")

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("tables")]


def replies(
    results: Sequence[Result | SessionError], *, refused_with: type[SessionError] | None = None
) -> list[Result]:
    """Return the results that are no errors. Fails, with the cause, if one is another error than allowed."""
    replied: list[Result] = []
    for result in results:
        if not isinstance(result, SessionError):
            replied.append(result)
        elif refused_with is None or not isinstance(result, refused_with):
            pytest.fail("".join(traceback.format_exception(result)))
    return replied


@pytest.mark.parametrize("per_shard", [100, 3], ids=["one shard", "four shards"])
def test_fifty_joins_at_once_fill_ten_places_exactly(disturbance: Disturbance, per_shard: int) -> None:
    driver = UseCaseDriver.on_dynamodb(replace(UNLIMITED, max_listeners=10, listeners_per_shard=per_shard))
    _, session_id = driver.speaking()
    listeners = [driver.connect() for _ in range(50)]
    results = disturbance.at_once([lambda one=one: driver.join(one, session_id) for one in listeners])
    assert len(replies(results, refused_with=SessionFullError)) == 10
    assert sum(isinstance(result, SessionFullError) for result in results) == 40
    assert driver.listener_count(session_id) == 10
    check_session(driver, session_id)
    for listener in listeners:
        check_connection(driver, listener)


def test_a_join_sent_ten_times_at_once_counts_one(disturbance: Disturbance) -> None:
    driver = UseCaseDriver.on_dynamodb()
    _, session_id = driver.speaking()
    listener = driver.connect()
    results = disturbance.at_once([lambda: driver.join(listener, session_id)] * 10)
    assert len(replies(results)) == 10
    assert driver.listener_count(session_id) == 1
    check_session(driver, session_id)


def test_a_creation_sent_ten_times_at_once_makes_one_session(disturbance: Disturbance) -> None:
    driver = UseCaseDriver.on_dynamodb()
    user = new_id("u")
    speaker = driver.connect(user)
    results = disturbance.at_once([lambda: driver.create(speaker, user, request_id="r")] * 10)
    assert len({reply["sessionId"] for reply in replies(results)}) == 1
    assert len(replies(results)) == 10


def test_concurrent_duplicate_disconnects_count_once(disturbance: Disturbance) -> None:
    driver = UseCaseDriver.on_dynamodb(replace(UNLIMITED, max_listeners=20))
    _, session_id = driver.speaking()
    listeners = [driver.listening(session_id) for _ in range(10)]
    leaving = listeners[:7]
    results = disturbance.at_once([lambda one=one: driver.disconnect(one) for one in leaving * 3])
    assert replies(results) == [None] * 21
    assert driver.listener_ids(session_id) == sorted(listeners[7:])
    check_session(driver, session_id)


def test_two_concurrent_updates_both_take_effect(disturbance: Disturbance) -> None:
    driver = UseCaseDriver.on_dynamodb()
    for _ in range(5):
        speaker, session_id = driver.speaking()
        results = disturbance.at_once(
            [
                lambda speaker=speaker: driver.update(speaker, status=Status.PAUSED, request_id="s"),
                lambda speaker=speaker: driver.update(speaker, quality="premium", request_id="q"),
            ]
        )
        assert len(replies(results)) == 2
        session = driver.session(session_id)
        assert (session.status, session.quality, session.version) == (Status.PAUSED, "premium", 3)


def test_of_many_resumes_at_once_the_last_one_speaks(disturbance: Disturbance) -> None:
    """Each resume takes effect once. A repeat of one that was answered UNAVAILABLE may find a newer one."""
    driver = UseCaseDriver.on_dynamodb()
    _, session_id = driver.speaking()
    newer = [driver.connect("user") for _ in range(4)]
    results = disturbance.at_once(
        [lambda one=one: driver.resume(one, session_id, request_id=one) for one in newer]
    )
    resumed = {reply["generation"] for reply in replies(results, refused_with=ConflictError)}
    overtaken = [index for index, result in enumerate(results) if isinstance(result, ConflictError)]
    assert disturbance.repeated.issuperset(overtaken)
    assert len(resumed) + len(overtaken) == 4
    assert {5} <= resumed <= {2, 3, 4, 5}
    assert driver.session(session_id).generation == 5
    check_session(driver, session_id)


def test_a_disconnect_that_races_a_join_leaves_nothing_behind(disturbance: Disturbance) -> None:
    driver = UseCaseDriver.on_dynamodb()
    _, session_id = driver.speaking()
    for _ in range(5):
        listener = driver.connect()
        disturbance.at_once(
            [
                lambda one=listener: driver.join(one, session_id) and None,
                lambda one=listener: driver.disconnect(one),
            ]
        )
        driver.disconnect(listener)
        check_connection(driver, listener)
    assert driver.listener_count(session_id) == 0
    check_session(driver, session_id)


def test_an_end_that_races_joins_leaves_only_connections_that_may_join_again(
    disturbance: Disturbance,
) -> None:
    driver = UseCaseDriver.on_dynamodb()
    speaker, session_id = driver.speaking()
    listeners = [driver.connect() for _ in range(6)]
    joins = [lambda one=one: driver.join(one, session_id) for one in listeners]
    disturbance.at_once([*joins, lambda: driver.end(speaker)])
    _, other = driver.speaking()
    for listener in listeners:
        driver.join(listener, other)
    assert driver.listener_count(other) == 6


def test_leaves_at_once_free_each_slot_once(disturbance: Disturbance) -> None:
    driver = UseCaseDriver.on_dynamodb(replace(UNLIMITED, max_listeners=12, listeners_per_shard=4))
    _, session_id = driver.speaking()
    listeners = [driver.listening(session_id) for _ in range(12)]
    leaving = listeners[:8]
    results = disturbance.at_once([lambda one=one: driver.leave(one, request_id="r") for one in leaving * 2])
    assert len(replies(results)) == 16
    assert driver.listener_ids(session_id) == sorted(listeners[8:])
    check_session(driver, session_id)
    newer = [driver.connect() for _ in range(20)]
    results = disturbance.at_once([lambda one=one: driver.join(one, session_id) for one in newer])
    assert len(replies(results, refused_with=SessionFullError)) == 8
    assert driver.listener_count(session_id) == 12
    check_session(driver, session_id)


def test_publishes_at_once_leave_no_offset_out(
    disturbance: Disturbance, publish_driver: PublishDriver
) -> None:
    """Four instances publish four messages each, one after another."""
    speaker, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    instances = [publish_driver.with_settings() for _ in range(4)]
    results = disturbance.at_once(
        [
            lambda one=one, name=f"{number}-": [
                one.publish(speaker, f"{name}{part}", request_id=f"{name}{part}")["offset"]
                for part in range(4)
            ]
            for number, one in enumerate(instances)
        ]
    )
    for one in instances:
        one.serve_queue()
        one.close()
    offsets = [offset for some in replies(results) for offset in some]
    assert sorted(offsets) == list(range(1, 17))
    heard = dict(publish_driver.heard(listener))
    assert sorted(heard) == list(range(1, 17))
    assert sorted(filter(None, heard.values())) == [f"{n}-{part}" for n in range(4) for part in range(4)]


def test_a_handover_during_publishes_loses_and_doubles_no_message(
    disturbance: Disturbance, publish_driver: PublishDriver
) -> None:
    """The replaced connection's messages are published or refused, and the new connection's follow."""
    speaker, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    newer = publish_driver.connect("user")
    instances = [publish_driver.with_settings() for _ in range(3)]
    publishes = [
        lambda one=one, name=f"old {number}": one.publish(speaker, name, request_id=name)
        for number, one in enumerate(instances)
    ]
    results = disturbance.at_once(
        [*publishes, lambda: publish_driver.resume(newer, session_id, request_id="r", generation=1)]
    )
    for one in instances:
        one.serve_queue()
        one.close()
    accepted = replies(results[:-1], refused_with=ForbiddenError)
    assert replies(results[-1:])[0]["generation"] == 2
    publish_driver.publish(newer, "new", request_id="n")
    heard = publish_driver.heard(listener)
    assert sorted({offset for offset, _ in heard}) == list(range(1, len(accepted) + 2))
    assert dict(heard)[len(accepted) + 1] == "new"
    check_session(publish_driver, session_id)
