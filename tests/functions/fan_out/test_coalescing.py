"""Coalescing: the messages of an interval are sent together, in order, and none is left out."""

import json
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from domain.coalescing import ABANDONED_SECONDS, MAX_MESSAGES, MAX_WAITING_MESSAGES
from domain.delivery import MAX_PUSH_BYTES
from domain.errors import UnavailableError
from domain.events import SessionEnded
from domain.model import EndReason, OffsetRange
from fan_out.fan_out import LATE_SECONDS
from fan_out.tasks import FanOutTask, FlushTask, flush_task, to_json, to_task
from tests.support.dynamodb_faults import Fault, watched
from tests.support.fake_management_api import Answer
from tests.support.publish_driver import PublishDriver
from tests.support.tables import boto3_client, names

pytestmark = pytest.mark.emulator
INTERVAL = 2
FIRST_BATCHES: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "releases" / "first_batches.json").read_text(encoding="utf-8")
)
"""What the first code with batches wrote: a session's attributes, and the task of its flush."""


@pytest.fixture
def coalescing(driver: PublishDriver) -> Generator[PublishDriver]:
    """A stack that coalesces in every session."""
    changed = driver.with_settings(coalescing_interval=INTERVAL, coalescing_audience=0)
    yield changed
    changed.close()


def flush(driver: PublishDriver, session_id: str) -> None:
    """Let the interval pass, then do what the fan-out function does with all that is queued."""
    driver.now += INTERVAL
    assert driver.container.fan_out_consumer([flush_of(driver, session_id, None)]) == [None]
    serve(driver)


def flush_of(driver: PublishDriver, session_id: str, offset: int | None) -> FlushTask:
    return flush_task(driver.session(session_id), offset)


def stop_flush(driver: PublishDriver, session_id: str) -> FlushTask:
    """Have the flush of the first batch stop before it queues the messages; return its task."""
    task = flush_of(driver, session_id, 1)
    driver.queue.is_away = True
    assert driver.container.fan_out_consumer([task]) != [None]
    driver.queue.is_away = False
    return task


def serve_flushes(driver: PublishDriver) -> None:
    """Serve all flushes that are scheduled, each alone, with the tasks that it queues."""
    flushes, driver.queue.flushes = driver.queue.flushes, []
    for task, _ in flushes:
        assert driver.container.fan_out_consumer([task]) == [None]
        serve(driver)


def serve(driver: PublishDriver) -> None:
    tasks, driver.queue.tasks = [to_task(to_json(task)) for task in driver.queue.tasks], []
    assert driver.container.fan_out_consumer(tasks) == [None] * len(tasks)


def pushes(driver: PublishDriver, listener: str) -> list[list[int]]:
    """Return the offsets of the messages in each push to a listener."""
    return [[one["offset"] for one in push.get("messages", [push])] for push in driver.api.pushes(listener)]


def test_the_messages_of_an_interval_are_one_push(coalescing: PublishDriver) -> None:
    """The flush is scheduled once. A message that is alone in its interval is a `message` as ever."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    assert [coalescing.publish(speaker, data)["offset"] for data in ("a", "b", "c")] == [1, 2, 3]
    assert coalescing.queue.flushes == [(flush_of(coalescing, session_id, 1), INTERVAL)]
    assert coalescing.heard(listener) == []
    flush(coalescing, session_id)
    coalescing.publish(speaker, "d")
    assert coalescing.queue.flushes[1:] == [(flush_of(coalescing, session_id, 4), INTERVAL)]
    flush(coalescing, session_id)
    assert pushes(coalescing, listener) == [[1, 2, 3], [4]]
    assert coalescing.heard(listener) == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]


@pytest.mark.parametrize("audience", [20, 5], ids=["a whole shard", "a part of a shard"])
def test_a_session_with_a_small_audience_does_not_wait(driver: PublishDriver, audience: int) -> None:
    """It waits once its listeners need more shards than those that the setting names, rounded up."""
    large = driver.with_settings(
        coalescing_interval=INTERVAL, coalescing_audience=audience, listeners_per_shard=20, max_listeners=60
    )
    speaker, session_id = large.speaking()
    listener, _ = large.join_listener(session_id)
    large.publish(speaker, "a")
    assert large.heard(listener) == [(1, "a")]
    large.container.sessions.open_shards(session_id, 2)
    large.publish(speaker, "b")
    assert large.heard(listener) == [(1, "a")]
    flush(large, session_id)
    assert large.heard(listener) == [(1, "a"), (2, "b")]
    large.close()


def test_each_shard_gets_the_batch(driver: PublishDriver) -> None:
    large = driver.with_settings(
        coalescing_interval=INTERVAL, coalescing_audience=0, listeners_per_shard=20, max_listeners=60
    )
    speaker, session_id = large.speaking()
    listeners = large.join_in_each_shard(session_id, 2)
    for data in ("a", "b"):
        large.publish(speaker, data)
    flush(large, session_id)
    assert [pushes(large, one) for one in listeners] == [[[1, 2]]] * len(listeners)
    large.close()


def test_a_batch_is_sent_once(coalescing: PublishDriver) -> None:
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    for _ in range(2):
        flush(coalescing, session_id)
    assert pushes(coalescing, listener) == [[1]]


def test_a_late_task_of_an_earlier_batch_sends_nothing(coalescing: PublishDriver) -> None:
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    late = to_task(to_json(coalescing.queue.flushes[0][0]))
    flush(coalescing, session_id)
    coalescing.publish(speaker, "b")
    assert coalescing.container.fan_out_consumer([late]) == [None]
    assert coalescing.queue.tasks == []
    flush(coalescing, session_id)
    assert pushes(coalescing, listener) == [[1], [2]]


def test_tasks_of_one_batch_are_one_flush(coalescing: PublishDriver) -> None:
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    tasks = [replace(flush_of(coalescing, session_id, 1), receive_count=count) for count in (1, 2, 1)]
    assert coalescing.container.fan_out_consumer(tasks) == [None] * 3
    assert len(coalescing.queue.tasks) == 1
    serve(coalescing)
    assert pushes(coalescing, listener) == [[1]]


def test_a_message_during_the_flush_starts_the_next_batch(
    coalescing: PublishDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is published while the flush queues the batch. Its publish schedules its flush, and the flush none.

    A function that queues a task for itself with each flush would be in a chain that Lambda stops.
    """
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    send = coalescing.queue.send

    scheduled = [(flush_of(coalescing, session_id, offset), INTERVAL) for offset in (1, 2)]

    def send_and_publish(tasks: Sequence[FanOutTask]) -> None:
        send(tasks)
        coalescing.publish(speaker, "b")
        assert coalescing.queue.flushes == scheduled

    monkeypatch.setattr(coalescing.queue, "send", send_and_publish)
    coalescing.container.flush_batch(flush_of(coalescing, session_id, 1))
    monkeypatch.undo()
    assert coalescing.queue.flushes == scheduled
    serve(coalescing)
    assert pushes(coalescing, listener) == [[1]]
    flush(coalescing, session_id)
    assert pushes(coalescing, listener) == [[1], [2]]


def test_a_flush_that_stops_after_queueing_is_repeated(
    coalescing: PublishDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listeners get the messages twice, and discard the second ones by offset."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")

    def away(_: object, __: object) -> None:
        raise UnavailableError

    monkeypatch.setattr(coalescing.container.sessions, "forget_closed", away)
    task = flush_of(coalescing, session_id, 1)
    assert coalescing.container.fan_out_consumer([task]) != [None]
    monkeypatch.undo()
    assert coalescing.container.fan_out_consumer([task]) == [None]
    serve(coalescing)
    assert set(coalescing.heard(listener)) == {(1, "a")}
    assert coalescing.session(session_id).waiting is None
    assert coalescing.container.fan_out_consumer([task]) == [None]
    assert coalescing.queue.tasks == []


def test_a_flush_that_stops_before_queueing_is_repeated(coalescing: PublishDriver) -> None:
    """A message that follows meanwhile is in the next batch."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    task = stop_flush(coalescing, session_id)
    coalescing.now += INTERVAL
    coalescing.publish(speaker, "b")
    assert coalescing.container.fan_out_consumer([task]) == [None]
    serve(coalescing)
    assert pushes(coalescing, listener) == [[1]]
    flush(coalescing, session_id)
    assert pushes(coalescing, listener) == [[1], [2]]


def test_the_next_flush_sends_what_an_earlier_one_left(coalescing: PublishDriver) -> None:
    """In tasks of as many messages as one read of the log returns."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    for number in range(MAX_MESSAGES):
        coalescing.publish(speaker, str(number))
    stop_flush(coalescing, session_id)
    coalescing.publish(speaker, "later")
    later = flush_of(coalescing, session_id, MAX_MESSAGES + 1)
    assert coalescing.container.fan_out_consumer([later]) == [None]
    assert [(task.offset, task.count) for task in coalescing.queue.tasks] == [(1, 100), (101, 1)]
    serve(coalescing)
    assert [offset for offset, _ in coalescing.heard(listener)] == list(range(1, MAX_MESSAGES + 2))
    assert coalescing.session(session_id).waiting is None


def test_two_instances_share_a_batch(coalescing: PublishDriver) -> None:
    """Each has the other's state outdated in its cache."""
    speaker, session_id = coalescing.speaking()
    other = coalescing.with_settings()
    listener, _ = coalescing.join_listener(session_id)
    for number in range(4):
        (other if number % 2 else coalescing).publish(speaker, str(number))
    scheduled = [(flush_of(coalescing, session_id, 1), INTERVAL)]
    assert (coalescing.queue.flushes, other.queue.flushes) == (scheduled, [])
    flush(coalescing, session_id)
    other.publish(speaker, "later")
    assert other.queue.flushes == [(flush_of(coalescing, session_id, 5), INTERVAL)]
    other.now = coalescing.now
    flush(other, session_id)
    other.close()
    assert pushes(coalescing, listener) == [[1, 2, 3, 4], [5]]


def test_a_publish_that_cannot_schedule_the_flush_fails_and_is_retried(coalescing: PublishDriver) -> None:
    """Messages of other instances may have joined the batch meanwhile."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.queue.is_away = True
    with pytest.raises(UnavailableError):
        coalescing.publish(speaker, "a", request_id="r")
    coalescing.queue.is_away = False
    coalescing.publish(speaker, "b")
    assert coalescing.queue.flushes == []
    assert coalescing.publish(speaker, "a", request_id="r")["offset"] == 1
    assert coalescing.heard(listener) == [(1, "a")]
    assert coalescing.queue.flushes == [(flush_of(coalescing, session_id, None), 0)]
    flush(coalescing, session_id)
    assert pushes(coalescing, listener) == [[1], [1, 2]]


def test_the_next_message_has_a_late_batch_sent(coalescing: PublishDriver) -> None:
    """As after a function that stopped before it scheduled the flush, and whose speaker did not retry."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    coalescing.queue.flushes.clear()
    coalescing.now += INTERVAL + LATE_SECONDS
    coalescing.publish(speaker, "b")
    assert coalescing.queue.flushes == []
    coalescing.now += 1
    coalescing.publish(speaker, "c")
    assert coalescing.queue.flushes == [(flush_of(coalescing, session_id, 1), 0)]
    flush(coalescing, session_id)
    assert pushes(coalescing, listener) == [[1, 2, 3]]


def test_the_end_of_a_session_follows_its_last_batch(coalescing: PublishDriver) -> None:
    """For each listener: one task of its shard has both. The speaker's own connection gets the reply."""
    speaker, session_id = coalescing.speaking()
    listeners = coalescing.join_in_each_shard(session_id, 2)
    for data in ("a", "b"):
        coalescing.publish(speaker, data)
    coalescing.container.end_session.as_speaker(speaker)
    assert [coalescing.api.pushes(one) for one in listeners] == [[]] * len(listeners)
    assert len(coalescing.queue.tasks) == coalescing.session(session_id).shards_in_use
    serve(coalescing)
    for listener in listeners:
        assert coalescing.heard(listener) == [(1, "a"), (2, "b")]
        assert [push["type"] for push in coalescing.api.pushes(listener)] == ["batch", "sessionEnded"]
    flush(coalescing, session_id)
    assert coalescing.queue.tasks == []


def test_the_end_follows_the_batch_for_a_listener_that_is_throttled(coalescing: PublishDriver) -> None:
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    coalescing.container.end_session.as_speaker(speaker)
    coalescing.api.answer = lambda _: Answer(status=429)
    serve(coalescing)
    coalescing.api.requests.clear()
    coalescing.api.answer = lambda _: Answer()
    serve(coalescing)
    assert [push["type"] for push in coalescing.api.pushes(listener)] == ["message", "sessionEnded"]


def test_the_end_follows_a_batch_whose_flush_stopped(coalescing: PublishDriver) -> None:
    """The flush had closed the batch, and a message had followed. Its redelivery sends nothing."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    task = stop_flush(coalescing, session_id)
    coalescing.now += INTERVAL
    coalescing.publish(speaker, "b")
    coalescing.container.end_session.as_speaker(speaker)
    serve(coalescing)
    assert coalescing.container.fan_out_consumer([task]) == [None]
    assert coalescing.queue.tasks == []
    assert [push["type"] for push in coalescing.api.pushes(listener)] == ["batch", "sessionEnded"]


def test_the_end_waits_for_a_batch_that_was_just_flushed(coalescing: PublishDriver) -> None:
    """The tasks of the batch are in the queue by then, or being served."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    coalescing.container.flush_batch(flush_of(coalescing, session_id, 1))
    coalescing.container.end_session.as_speaker(speaker)
    assert coalescing.queue.delays == [0, INTERVAL]
    assert coalescing.api.pushes(listener) == []
    serve(coalescing)
    assert [push["type"] for push in coalescing.api.pushes(listener)] == ["message", "sessionEnded"]


def test_the_end_of_a_session_that_does_not_coalesce_needs_no_queue(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    driver.publish(speaker, "a")
    driver.container.end_session.as_speaker(speaker)
    assert [push["type"] for push in driver.api.pushes(listener)] == ["message", "sessionEnded"]
    assert driver.queue.tasks == []


def test_a_batch_is_one_push_of_at_most_one_frame(coalescing: PublishDriver) -> None:
    """The first message that does not fit starts the next batch, and has the full one sent at once."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    for _ in range(7):
        coalescing.publish(speaker, "x" * (MAX_PUSH_BYTES // 3 - 300))
    assert coalescing.queue.flushes == [
        (flush_of(coalescing, session_id, 1), INTERVAL),
        (flush_of(coalescing, session_id, 3), 0),
        (flush_of(coalescing, session_id, 4), INTERVAL),
        (flush_of(coalescing, session_id, 6), 0),
        (flush_of(coalescing, session_id, 7), INTERVAL),
    ]
    serve_flushes(coalescing)
    assert pushes(coalescing, listener) == [[1, 2, 3], [4, 5, 6], [7]]
    assert max(len(got.body) for got in coalescing.api.posted(listener)) <= MAX_PUSH_BYTES
    assert coalescing.session(session_id).waiting is None


def test_a_full_batch_that_is_sent_at_once_is_sent_once(coalescing: PublishDriver) -> None:
    """Its own flush, at the end of the interval, finds it sent."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    for _ in range(2):
        coalescing.publish(speaker, "x" * (MAX_PUSH_BYTES - 300))
    first, full, second = (task for task, _ in coalescing.queue.flushes)
    for task in (full, first, second, full):
        assert coalescing.container.fan_out_consumer([task]) == [None]
    serve(coalescing)
    assert pushes(coalescing, listener) == [[1], [2]]


def test_full_batches_of_one_session_are_sent_once_by_one_invocation(
    coalescing: PublishDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flushes that run at once would all send the closed messages, before any of them has forgotten those."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    for _ in range(7):
        coalescing.publish(speaker, "x" * (MAX_PUSH_BYTES // 3 - 300))
    tasks = [task for task, _ in coalescing.queue.flushes]
    assert [task.offset for task in tasks] == [1, 3, 4, 6, 7]
    together = Barrier(1)
    send = coalescing.queue.send

    def all_at_once(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        nonlocal together
        everything = list(items)
        together = Barrier(len(everything), timeout=10)
        with ThreadPoolExecutor(len(everything)) as pool:
            return list(pool.map(function, everything))

    def send_together(tasks: Sequence[FanOutTask]) -> None:
        together.wait()
        together.reset()
        send(tasks)

    monkeypatch.setattr(coalescing.queue, "send", send_together)
    consumer = replace(coalescing.container.fan_out_consumer, parallel_map=all_at_once)
    assert consumer(tasks) == [None] * len(tasks)
    monkeypatch.undo()
    assert [(task.offset, task.count) for task in coalescing.queue.tasks] == [(1, 6), (7, 1)]
    serve(coalescing)
    assert sorted(offset for offset, _ in coalescing.heard(listener)) == list(range(1, 8))
    assert coalescing.session(session_id).waiting is None


def test_a_batch_that_is_closed_during_a_flush_is_sent_alone(
    coalescing: PublishDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flush of the batch before it has sent what was closed until then."""
    speaker, session_id = coalescing.speaking()
    coalescing.join_listener(session_id)
    send = coalescing.queue.send

    def publish(messages: int) -> None:
        for _ in range(messages):
            coalescing.publish(speaker, "x" * (MAX_PUSH_BYTES // 3 - 300))

    def send_and_publish(tasks: Sequence[FanOutTask]) -> None:
        send(tasks)
        publish(3)

    publish(4)
    monkeypatch.setattr(coalescing.queue, "send", send_and_publish)
    coalescing.container.flush_batch(flush_of(coalescing, session_id, 3))
    monkeypatch.undo()
    coalescing.container.flush_batch(flush_of(coalescing, session_id, 6))
    coalescing.container.flush_batch(flush_of(coalescing, session_id, 7))
    assert [(task.offset, task.count) for task in coalescing.queue.tasks] == [(1, 3), (4, 3), (7, 1)]
    assert coalescing.session(session_id).waiting is None


def test_a_batch_has_at_most_as_many_messages_as_one_read_returns(coalescing: PublishDriver) -> None:
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    for number in range(MAX_MESSAGES + 1):
        coalescing.publish(speaker, str(number))
    serve_flushes(coalescing)
    assert pushes(coalescing, listener) == [list(range(1, MAX_MESSAGES + 1)), [MAX_MESSAGES + 1]]


def test_a_batch_is_measured_by_its_longest_form_in_any_language(coalescing: PublishDriver) -> None:
    """So that each language's push fits one frame, also that of a language with short messages."""
    speaker, session_id = coalescing.speaking()
    french, _ = coalescing.join_listener(session_id, "fr")
    for _ in range(4):
        coalescing.publish(speaker, "x" * (MAX_PUSH_BYTES // 3 - 300), targetLanguages=["es"])
    serve_flushes(coalescing)
    assert pushes(coalescing, french) == [[1, 2, 3], [4]]


@pytest.mark.parametrize("retention", [ABANDONED_SECONDS, ABANDONED_SECONDS + 1])
def test_a_batch_that_is_long_overdue_is_abandoned(coalescing: PublishDriver, retention: int) -> None:
    """As after the setting was off meanwhile. Its listeners have asked for what they missed."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    coalescing.now += INTERVAL + retention
    coalescing.publish(speaker, "b")
    serve_flushes(coalescing)
    expected = [[1, 2]] if retention == ABANDONED_SECONDS else [[2]]
    assert pushes(coalescing, listener) == expected


def test_after_the_setting_is_off_the_batch_that_waits_is_sent(coalescing: PublishDriver) -> None:
    """The function of the queue may use the sessions no longer, so that the next message removes the batch.

    Its flush, which cannot know that, sends it once more.
    """
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    for data in ("a", "b"):
        coalescing.publish(speaker, data)
    tasks = [to_task(to_json(task)) for task, _ in coalescing.queue.flushes]
    off = coalescing.with_settings(coalescing_interval=0)
    with watched(table=names()["SESSIONS_TABLE"], fault=Fault.DENIED) as calls:
        assert off.container.fan_out_consumer(tasks) == [None]
    assert calls.met == 0
    off.publish(speaker, "c")
    assert coalescing.session(session_id).waiting is None
    serve(off)
    assert pushes(coalescing, listener) == [[3], [1, 2], [1, 2, 3]]
    off.publish(speaker, "d")
    off.container.end_session.as_speaker(speaker)
    assert off.queue.tasks == []
    off.close()
    assert [push["type"] for push in coalescing.api.pushes(listener)][3:] == ["message", "sessionEnded"]


def test_the_first_message_after_the_setting_is_off_queues_what_waits(coalescing: PublishDriver) -> None:
    """A closed batch, too, whose flush stopped. Another instance still coalesces with an outdated session."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    stop_flush(coalescing, session_id)
    coalescing.publish(speaker, "b")
    off = coalescing.with_settings(coalescing_interval=0)
    off.publish(speaker, "c")
    assert [(task.offset, task.count) for task in off.queue.tasks] == [(1, 2)]
    serve(off)
    coalescing.publish(speaker, "d")
    assert coalescing.queue.flushes[-1] == (flush_of(coalescing, session_id, 4), INTERVAL)
    flush(coalescing, session_id)
    off.close()
    assert pushes(coalescing, listener) == [[3], [1, 2], [4]]


def test_an_abandoned_batch_is_removed_by_the_first_message_after_the_setting_is_off(
    coalescing: PublishDriver,
) -> None:
    """Its listeners have asked for what they missed, so that the message is sent alone."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    off = coalescing.with_settings(coalescing_interval=0)
    off.now = coalescing.now + INTERVAL + ABANDONED_SECONDS + 1
    off.publish(speaker, "b")
    off.close()
    assert off.queue.tasks == []
    assert coalescing.session(session_id).waiting is None
    assert pushes(coalescing, listener) == [[2]]


def test_the_end_sends_no_abandoned_batch(coalescing: PublishDriver) -> None:
    """No message followed since the setting is off. Listeners recover what the end says they lack."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    off = coalescing.with_settings(coalescing_interval=0)
    off.now = coalescing.now + INTERVAL + ABANDONED_SECONDS + 1
    off.container.end_session.as_speaker(speaker)
    off.close()
    assert off.queue.tasks == []
    assert [push["type"] for push in coalescing.api.pushes(listener)] == ["sessionEnded"]


def test_closed_messages_of_a_long_failure_are_sent_from_the_last_ones_on(coalescing: PublishDriver) -> None:
    """However long no flush could queue them. Listeners recover the others from the log."""
    speaker, session_id = coalescing.speaking()
    coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    session = replace(
        coalescing.session(session_id), batch=None, closed=OffsetRange(first=1, last=5_000), head=5_000
    )
    end = SessionEnded(session, EndReason.ENDED)
    assert coalescing.container.fan_out.broadcast(session, end)
    shard = [task for task in coalescing.queue.tasks if task.shard == 0]
    assert [(task.offset, task.count) for task in shard] == [
        (first, MAX_MESSAGES) for first in range(5_001 - MAX_WAITING_MESSAGES, 5_001, MAX_MESSAGES)
    ]
    assert [task.event is None for task in shard] == [True] * 5 + [False]


def test_the_end_is_queued_although_the_messages_before_it_cannot_be(
    coalescing: PublishDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is announced again, since the listeners may lack those messages."""
    speaker, session_id = coalescing.speaking()
    coalescing.publish(speaker, "a")
    session = replace(
        coalescing.session(session_id), batch=None, closed=OffsetRange(first=1, last=101), head=101
    )
    send = coalescing.queue.send

    def send_events(tasks: Sequence[FanOutTask], *, delay_seconds: int = 0) -> None:
        if any(task.event is None for task in tasks):
            raise UnavailableError
        send(tasks, delay_seconds=delay_seconds)

    monkeypatch.setattr(coalescing.queue, "send", send_events)
    assert not coalescing.container.fan_out.broadcast(session, SessionEnded(session, EndReason.ENDED))
    assert [(task.offset, task.count) for task in coalescing.queue.tasks] == [(101, 1)]


def test_a_flush_of_any_batch_sends_nothing_after_the_setting_is_off(coalescing: PublishDriver) -> None:
    speaker, session_id = coalescing.speaking()
    coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    off = coalescing.with_settings(coalescing_interval=0)
    assert off.container.fan_out_consumer([flush_of(coalescing, session_id, None)]) == [None]
    assert off.queue.tasks == []
    off.close()


@pytest.mark.parametrize("follows", [False, True], ids=["the flush is next", "a message is next"])
def test_a_batch_that_the_first_code_with_batches_left_is_sent(
    coalescing: PublishDriver, follows: bool
) -> None:
    """The session has no size of the batch, so that the next message starts another one."""
    speaker, session_id = coalescing.speaking()
    listener, _ = coalescing.join_listener(session_id)
    coalescing.publish(speaker, "a")
    coalescing.queue.flushes.clear()
    former = coalescing.with_settings()
    with_first_batch(session_id, due_at=coalescing.now + INTERVAL)
    if follows:
        former.now = coalescing.now
        former.publish(speaker, "b")
        coalescing.queue.flushes += former.queue.flushes
    former.close()
    task = to_task(json.dumps(FIRST_BATCHES["task"] | {"sessionId": session_id}))
    assert coalescing.container.fan_out_consumer([task]) == [None]
    serve(coalescing)
    assert pushes(coalescing, listener) == [[1]]
    serve_flushes(coalescing)
    assert pushes(coalescing, listener) == ([[1], [2]] if follows else [[1]])
    assert coalescing.session(session_id).waiting is None


def with_first_batch(session_id: str, due_at: int) -> None:
    """Replace the batch of a session by the recorded one."""
    client, table = boto3_client(), names()["SESSIONS_TABLE"]
    found = client.get_item(TableName=table, Key={"sessionId": {"S": session_id}}, ConsistentRead=True)
    item = {name: value for name, value in found.get("Item", {}).items() if not name.startswith("batch")}
    recorded = FIRST_BATCHES["session"] | {"batchDueAt": {"N": str(due_at)}}
    client.put_item(TableName=table, Item={**item, **recorded})
