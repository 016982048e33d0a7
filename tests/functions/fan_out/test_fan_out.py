"""Fan-out: everyone is served, here or through the queue; who is gone or cannot be reached is dealt with."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from adapters.dynamodb.message_log import DynamoDBMessageLog
from domain.delivery import PushConfigurationError
from domain.errors import UnavailableError
from domain.events import SessionEnded, SessionUpdated
from domain.message_log import Entry
from domain.model import EndReason, Session
from fan_out.fan_out import FanOutConsumer
from fan_out.tasks import MAX_RETRIES, MAX_THROTTLED_ROUNDS, FanOutTask, FlushTask, to_json, to_task
from tests.support.dynamodb_faults import watched
from tests.support.fake_management_api import Answer, Got
from tests.support.publish_driver import QUICK, PublishDriver, pusher_to
from wire.pushes import push_of

pytestmark = pytest.mark.emulator


def session_of(driver: PublishDriver, session_id: str) -> Session:
    session = driver.container.sessions.get(session_id)
    assert session is not None
    return session


def serve(driver: PublishDriver) -> None:
    """What the fan-out function does with all that is queued, after a way through JSON."""
    tasks, driver.queue.tasks = [to_task(to_json(task)) for task in driver.queue.tasks], []
    for task in tasks:
        assert driver.container.fan_out_consumer([task]) == [None]


def serve_together(driver: PublishDriver) -> None:
    """Serve all that is queued in one invocation."""
    tasks, driver.queue.tasks = [to_task(to_json(task)) for task in driver.queue.tasks], []
    assert driver.container.fan_out_consumer(tasks) == [None] * len(tasks)


@contextmanager
def hurried_consumer(driver: PublishDriver) -> Generator[FanOutConsumer]:
    """Give the consumer of the queue, whose pushes have no time."""
    pusher = pusher_to(driver.api, replace(QUICK, deliver_seconds=0.0))
    yield replace(driver.container.fan_out_consumer, pusher=pusher)
    pusher.close()


def test_listeners_beyond_the_direct_fan_out_are_served_through_the_queue(driver: PublishDriver) -> None:
    """The first shards are served at once, the rest by tasks; together they reach everyone once."""
    large = driver.with_settings(direct_fan_out=4, listeners_per_shard=20, max_listeners=160)
    speaker, session_id = large.speaking()
    listeners = large.join_in_each_shard(session_id, 2)
    large.publish(speaker, "x")
    served = [one for one in listeners if large.heard(one)]
    assert 4 <= len(served) < len(listeners)
    assert {task.shard for task in large.queue.tasks}.isdisjoint(
        attachment.shard for attachment in (_attachment(large, one) for one in served)
    )
    serve(large)
    assert [large.heard(one) for one in listeners] == [[(1, "x")]] * len(listeners)
    large.close()


def _attachment(driver: PublishDriver, connection_id: str) -> Any:
    connection = driver.container.connections.get(connection_id)
    assert connection is not None
    return connection.attachment


def test_a_shard_gets_its_messages_in_order_and_duplicate_tasks_once(driver: PublishDriver) -> None:
    large = driver.with_settings(direct_fan_out=0, max_listeners=1)
    speaker, session_id = large.speaking()
    listener, _ = large.join_listener(session_id)
    for data in ("a", "b", "c"):
        large.publish(speaker, data)
    tasks = [large.queue.tasks[index] for index in (2, 0, 1, 0)]
    large.container.fan_out_consumer(tasks)
    assert large.heard(listener) == [(1, "a"), (2, "b"), (3, "c")]
    large.close()


def test_a_task_whose_message_is_no_longer_kept_is_skipped(driver: PublishDriver) -> None:
    _, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    driver.container.fan_out_consumer(
        [FanOutTask(session_id=session_id, shard=0, epoch="00000000", offset=9)]
    )
    assert driver.heard(listener) == []


def test_a_closed_listener_is_removed_and_subtracted_once(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    gone, there = driver.join_listener(session_id)[0], driver.join_listener(session_id)[0]
    driver.api.answer = lambda got: Answer(status=410 if got.connection_id == gone else 200)
    driver.publish(speaker, "x")
    assert driver.listener_count(session_id) == 1
    assert driver.container.connections.get(gone) is None
    driver.disconnect(gone)
    assert driver.listener_count(session_id) == 1
    driver.publish(speaker, "y")
    assert len(driver.api.posted(gone)) == 1
    assert driver.heard(there) == [(1, "x"), (2, "y")]
    assert driver.recorder.counts["PushGone"] == 1


def test_a_row_whose_connection_has_no_record_is_deleted(driver: PublishDriver) -> None:
    """As a lost `$disconnect` and an expired record leave it."""
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    connection = driver.container.connections.get(listener)
    assert connection is not None
    driver.container.connections.forget(connection)
    driver.api.answer = lambda _: Answer(status=410)
    driver.publish(speaker, "x")
    assert driver.listener_count(session_id) == 0


def test_an_unreachable_listener_is_disconnected_so_that_it_reconnects(driver: PublishDriver) -> None:
    """It stays a listener until its `$disconnect`; the others have the message at once."""
    speaker, session_id = driver.speaking()
    silent, there = driver.join_listener(session_id)[0], driver.join_listener(session_id)[0]

    def answer(got: Got) -> Answer:
        return Answer(status=500 if got.connection_id == silent and got.method == "POST" else 200)

    driver.api.answer = answer
    assert driver.publish(speaker, "x")["offset"] == 1
    assert driver.heard(there) == [(1, "x")]
    assert driver.api.deleted() == [silent]
    assert driver.listener_count(session_id) == 2


def test_a_slow_listener_in_each_shard_delays_no_other(driver: PublishDriver) -> None:
    """They are answered last of all, and still in their first attempt."""
    speaker, session_id = driver.speaking()
    listeners = driver.join_in_each_shard(session_id, 3)
    driver.slow_down_one_in_each_shard(session_id, listeners)
    driver.publish(speaker, "x")
    assert [driver.heard(one) for one in listeners] == [[(1, "x")]] * len(listeners)
    assert driver.api.deleted() == []


def test_a_throttled_listener_goes_to_the_queue_and_stays_connected(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    listeners = [driver.join_listener(session_id)[0] for _ in range(4)]
    driver.api.answer = lambda got: Answer(status=200 if got.connection_id == listeners[0] else 429)
    driver.publish(speaker, "x")
    assert driver.api.deleted() == []
    assert {one for task in driver.queue.tasks for one in task.connection_ids} == set(listeners[1:])
    driver.api.answer = lambda _: Answer()
    serve(driver)
    assert [driver.heard(one)[-1] for one in listeners] == [(1, "x")] * 4
    assert len(driver.api.posted(listeners[0])) == 1


def test_one_stalled_listener_of_a_hundred_is_pushed_to_once_and_delays_nobody(driver: PublishDriver) -> None:
    """By the publish, and by the queue: the only attempt at it is among the others' first ones."""
    speaker, session_id = driver.speaking()
    listeners = [driver.join_listener(session_id)[0] for _ in range(100)]
    stalled, healthy = listeners[50], listeners[:50] + listeners[51:]
    driver.api.answer = lambda got: Answer(status=429 if got.connection_id == stalled else 200)
    for data in ("a", "b"):
        driver.publish(speaker, data)
    assert [driver.heard(one) for one in healthy] == [[(1, "a"), (2, "b")]] * 99
    assert len(driver.api.posted(stalled)) == 2
    assert [task.connection_ids for task in driver.queue.tasks] == [(stalled,)] * 2

    tasks = [replace(task, connection_ids=()) for task in driver.queue.tasks]
    assert driver.container.fan_out_consumer(tasks) == [None, None]
    assert [len(driver.heard(one)) for one in healthy] == [4] * 99
    assert len(driver.api.posted(stalled)) == 3
    assert driver.api.deleted() == []


def test_a_listener_that_is_throttled_in_the_last_round_is_disconnected(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    driver.api.answer = lambda got: Answer(status=429 if got.method == "POST" else 204)
    driver.publish(speaker, "x")
    for _ in range(MAX_THROTTLED_ROUNDS - 2):
        serve(driver)
    assert driver.api.deleted() == []
    serve(driver)
    assert driver.api.deleted() == [listener]
    assert driver.queue.tasks == []


def test_a_round_without_time_does_not_count_towards_a_disconnect(driver: PublishDriver) -> None:
    """Each listener has a retry of its own kind. The round that follows has the count of those before."""
    speaker, session_id = driver.speaking()
    stalled, healthy = driver.join_listener(session_id)[0], driver.join_listener(session_id)[0]
    driver.api.answer = lambda got: Answer(status=429 if got.method == "POST" else 204)
    driver.publish(speaker, "x")
    for _ in range(MAX_THROTTLED_ROUNDS - 2):
        serve(driver)
    tasks, driver.queue.tasks = driver.queue.tasks, []
    with hurried_consumer(driver) as consumer:
        assert consumer(tasks) == [None]
    assert {task.connection_ids for task in driver.queue.tasks} == {(stalled, healthy)}
    driver.api.answer = lambda got: Answer(
        status=429 if got.connection_id == stalled and got.method == "POST" else 200
    )
    serve(driver)
    assert driver.api.deleted() == [stalled]
    assert (1, "x") in driver.heard(healthy)


def test_a_listener_that_is_throttled_in_the_last_retry_is_disconnected(driver: PublishDriver) -> None:
    """Earlier retries had no time, so that it has one throttled round. Redeliveries are rounds, too."""
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    driver.api.answer = lambda got: Answer(status=429 if got.method == "POST" else 204)
    driver.publish(speaker, "x")
    (task,) = driver.queue.tasks
    last = replace(task, retry=MAX_RETRIES, throttled_rounds=1)
    for receipt in range(1, MAX_THROTTLED_ROUNDS - 1):
        assert driver.container.fan_out_consumer([replace(last, receive_count=receipt)]) != [None]
    assert driver.api.deleted() == []
    redelivered = replace(last, receive_count=MAX_THROTTLED_ROUNDS - 1)
    assert driver.container.fan_out_consumer([redelivered]) == [None]
    assert driver.api.deleted() == [listener]


def test_a_first_round_without_time_leaves_every_listener_connected(driver: PublishDriver) -> None:
    """However often: the last retry is redelivered by the queue, which gives it up in the end."""
    _, session_id = driver.speaking()
    listeners = [driver.join_listener(session_id)[0] for _ in range(3)]
    (shard,) = {_attachment(driver, one).shard for one in listeners}
    tasks: list[FanOutTask | FlushTask] = [
        FanOutTask(session_id=session_id, shard=shard, event={"type": "sessionEnded"})
    ]
    driver.api.answer = lambda got: Answer(status=200)
    retries = 0
    with hurried_consumer(driver) as consumer:
        while consumer(tasks) == [None]:
            retries += 1
            tasks, driver.queue.tasks = [to_task(to_json(task)) for task in driver.queue.tasks], []
    assert retries == MAX_RETRIES
    assert driver.api.requests == []
    assert driver.container.fan_out_consumer(tasks) == [None]
    assert [len(driver.api.pushes(one)) for one in listeners] == [1, 1, 1]


def test_the_shards_of_one_invocation_read_the_entries_once(driver: PublishDriver) -> None:
    large = driver.with_settings(direct_fan_out=0, listeners_per_shard=20, max_listeners=60)
    speaker, session_id = large.speaking()
    listeners = large.join_in_each_shard(session_id, 1)
    for data in ("a", "b"):
        large.publish(speaker, data)
    with watched() as made:
        serve_together(large)
    assert made.names.count("BatchGetItem") == 1
    assert [large.heard(one) for one in listeners] == [[(1, "a"), (2, "b")]] * len(listeners)
    large.close()


def test_sessions_whose_entries_cannot_be_read_are_redelivered_alone(
    driver: PublishDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = driver.with_settings(direct_fan_out=0, max_listeners=1)
    speaker, session_id = large.speaking()
    other_speaker, other_id = large.speaking()
    large.join_listener(session_id)
    listener, _ = large.join_listener(other_id)
    large.publish(speaker, "a")
    large.publish(other_speaker, "b")
    at = DynamoDBMessageLog.at

    def at_the_other(log: DynamoDBMessageLog, wanted: str, epoch: str, offsets: Sequence[int]) -> list[Entry]:
        if wanted == session_id:
            raise UnavailableError
        return at(log, wanted, epoch, offsets)

    monkeypatch.setattr(DynamoDBMessageLog, "at", at_the_other)
    failures = large.container.fan_out_consumer(large.queue.tasks)
    assert [failure is None for failure in failures] == [False, True]
    assert large.heard(listener) == [(1, "b")]
    large.close()


@pytest.mark.parametrize("status", [429, 500])
def test_a_listener_that_is_neither_reached_nor_disconnected_goes_to_the_queue(
    driver: PublishDriver, status: int
) -> None:
    """Its task is redelivered until it is either, as often as the queue allows."""
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    driver.api.answer = lambda got: Answer(status=500 if got.method == "POST" else status)
    driver.publish(speaker, "x")
    (task,) = driver.queue.tasks
    assert task.connection_ids == (listener,)
    last = replace(task, retry=MAX_RETRIES)
    for receipt in (1, 2):
        assert driver.container.fan_out_consumer([replace(last, receive_count=receipt)]) != [None]
    driver.api.answer = lambda got: Answer(status=500 if got.method == "POST" else 204)
    assert driver.container.fan_out_consumer([last]) == [None]
    assert driver.queue.tasks == [task]


def test_a_publish_that_cannot_queue_its_shards_fails_and_is_retried(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    driver.api.answer = lambda _: Answer(status=429)
    driver.queue.is_away = True
    with pytest.raises(UnavailableError):
        driver.publish(speaker, "x", request_id="r")
    driver.api.answer = lambda _: Answer()
    assert driver.publish(speaker, "x", request_id="r")["offset"] == 1
    assert driver.heard(listener)[-1] == (1, "x")


def test_a_task_whose_retry_cannot_be_queued_is_redelivered(driver: PublishDriver) -> None:
    _, session_id = driver.speaking()
    throttled, _ = driver.join_listener(session_id)
    tasks = [
        FanOutTask(session_id=session_id, shard=shard, event={"type": "sessionEnded"})
        for shard in range(driver.settings.shards)
    ]
    driver.api.answer = lambda _: Answer(status=429)
    driver.queue.is_away = True
    failures = driver.container.fan_out_consumer(tasks)
    shard = _attachment(driver, throttled).shard
    assert [number for number, failure in enumerate(failures) if failure is not None] == [shard]


def test_tasks_for_all_and_for_some_of_a_shard_go_together(driver: PublishDriver) -> None:
    """Each listener gets what concerns it, in order, in one delivery."""
    large = driver.with_settings(direct_fan_out=0, max_listeners=2)
    speaker, session_id = large.speaking()
    behind, other = large.join_listener(session_id)[0], large.join_listener(session_id)[0]
    for data in ("a", "b"):
        large.publish(speaker, data)
    first, second = large.queue.tasks
    assert large.container.fan_out_consumer([second, replace(first, connection_ids=(behind,))]) == [
        None,
        None,
    ]
    assert large.heard(behind) == [(1, "a"), (2, "b")]
    assert large.heard(other) == [(2, "b")]
    large.close()


def test_a_refused_caller_removes_no_listener(driver: PublishDriver) -> None:
    """The message is in the log; the speaker gets an error to retry, and the retry sends it."""
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    driver.api.answer = lambda _: Answer(status=403)
    with pytest.raises(PushConfigurationError):
        driver.publish(speaker, "x", request_id="r")
    assert driver.listener_count(session_id) == 1
    driver.api.answer = lambda _: Answer()
    assert driver.publish(speaker, "x", request_id="r")["offset"] == 1
    assert driver.heard(listener)[-1] == (1, "x")


def test_an_event_reaches_speaker_and_listeners_except_the_excluded_one(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    listeners = [driver.join_listener(session_id)[0] for _ in range(3)]
    session = session_of(driver, session_id)
    event = SessionUpdated(session)
    driver.container.fan_out.broadcast(session, event, exclude=speaker)
    driver.container.fan_out.broadcast(session, event, exclude=listeners[0])
    assert [len(driver.api.posted(one)) for one in (speaker, *listeners)] == [1, 1, 2, 2]
    assert driver.api.pushes(speaker) == [push_of(event)]


def test_an_event_for_many_listeners_goes_through_the_queue(driver: PublishDriver) -> None:
    large = driver.with_settings(direct_fan_out=0)
    speaker, session_id = large.speaking()
    listeners = large.join_in_each_shard(session_id, 1)
    session = session_of(large, session_id)
    event = SessionEnded(session, EndReason.ENDED)
    large.container.fan_out.broadcast(session, event, exclude=speaker)
    assert len(large.queue.tasks) == large.settings.shards
    serve(large)
    assert [large.api.pushes(one) for one in listeners] == [[push_of(event)]] * len(listeners)
    large.close()


def test_a_failed_broadcast_is_logged_and_raises_nothing(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.join_listener(session_id)
    driver.api.answer = lambda _: Answer(status=403)
    session = session_of(driver, session_id)
    assert not driver.container.fan_out.broadcast(session, SessionEnded(session, EndReason.ENDED))
    assert speaker not in driver.api.deleted()
    assert driver.recorder.counts["BroadcastFailed"] == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", "3", '{"sessionId":"a","shard":"0"}', '{"shard":1}'])
def test_a_message_without_a_task_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        to_task(text)
