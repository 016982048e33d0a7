"""The handlers of publish, the fan-out queue and the stream: their events, and what they report back."""

import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from adapters.dynamodb.client import MAX_ATTEMPTS
from domain.ports import RetryBudget
from fan_out.tasks import FanOutTask, flush_task
from tests.support import events
from tests.support.dynamodb_faults import watched
from tests.support.fake_management_api import Answer
from tests.support.handler_driver import Handler, settings_json
from tests.support.lambda_context import LambdaContext
from tests.support.publish_driver import PublishDriver
from tests.support.session_driver import UNLIMITED
from tests.support.sqs_queue import SqsQueue
from tests.support.tables import names

pytestmark = pytest.mark.emulator


@pytest.fixture
def queue(publish_driver: PublishDriver, monkeypatch: pytest.MonkeyPatch) -> SqsQueue:
    """A queue beside the publish_driver's tables."""
    queue = SqsQueue()
    monkeypatch.setenv("FAN_OUT_QUEUE_URL", queue.url)
    return queue


def event_tasks(publish_driver: PublishDriver, session_id: str) -> list[FanOutTask]:
    """Tell all shards of a session that it has ended."""
    return [
        FanOutTask(session_id=session_id, shard=number, event=ended(session_id))
        for number in range(publish_driver.settings.shards)
    ]


def ended(session_id: str) -> dict[str, str]:
    return {"type": "sessionEnded", "sessionId": session_id, "reason": "ended"}


def test_only_the_shard_that_failed_is_redelivered_soon(
    publish_driver: PublishDriver,
    queue: SqsQueue,
    load: Callable[[str], Handler],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A message without a task is dropped: it would be redelivered for ever."""
    _, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    (shard,) = (
        number
        for number in range(publish_driver.settings.shards)
        if publish_driver.container.listeners.page(session_id, number).listeners
    )
    fan_out = load("fan_out")
    publish_driver.api.answer = lambda _: Answer(status=403)
    event = queue.event(event_tasks(publish_driver, session_id), "nonsense")
    (failed,) = fan_out(event, LambdaContext())["batchItemFailures"]
    assert failed["itemIdentifier"] == event["Records"][shard]["messageId"]
    output = capsys.readouterr().out
    assert '"FanOutMalformed": [1.0]' in output
    assert '"FanOutFailed": [1.0]' in output

    again = queue.received(1)
    (record,) = again["Records"]
    assert (record["messageId"], record["attributes"]["ApproximateReceiveCount"]) == (
        failed["itemIdentifier"],
        "2",
    )
    publish_driver.api.answer = lambda _: Answer()
    assert fan_out(again, LambdaContext()) == {"batchItemFailures": []}
    assert publish_driver.api.pushes(listener)[-1] == ended(session_id)


def test_a_batch_whose_visibility_timeout_cannot_be_shortened_is_redelivered_later(
    publish_driver: PublishDriver,
    queue: SqsQueue,
    load: Callable[[str], Handler],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, session_id = publish_driver.speaking()
    publish_driver.join_listener(session_id)
    publish_driver.api.answer = lambda _: Answer(status=403)
    event = queue.event(event_tasks(publish_driver, session_id))
    monkeypatch.setenv("FAN_OUT_QUEUE_URL", queue.url + "-away")
    assert len(load("fan_out")(event, LambdaContext())["batchItemFailures"]) == 1
    assert "retry not advanced" in capsys.readouterr().out


def test_a_slow_listener_delays_no_shard_of_its_batch(
    publish_driver: PublishDriver, queue: SqsQueue, load: Callable[[str], Handler]
) -> None:
    """One in each shard is answered last of all, and still in its first attempt."""
    _, session_id = publish_driver.speaking()
    listeners = publish_driver.join_in_each_shard(session_id, 3)
    publish_driver.slow_down_one_in_each_shard(session_id, listeners)
    event = queue.event(event_tasks(publish_driver, session_id))
    assert load("fan_out")(event, LambdaContext()) == {"batchItemFailures": []}
    assert [publish_driver.api.pushes(one) for one in listeners] == [[ended(session_id)]] * len(listeners)


def test_a_retry_task_serves_only_the_missed_listeners(
    publish_driver: PublishDriver, queue: SqsQueue, load: Callable[[str], Handler]
) -> None:
    """With the limits in use, and for as long as it takes: each round has a new task for those it missed."""
    _, session_id = publish_driver.speaking()
    throttled, there = (
        publish_driver.join_listener(session_id)[0],
        publish_driver.join_listener(session_id)[0],
    )
    publish_driver.api.answer = lambda got: Answer(status=429 if got.connection_id == throttled else 200)
    fan_out = load("fan_out")
    assert fan_out(queue.event(event_tasks(publish_driver, session_id)), LambdaContext()) == {
        "batchItemFailures": []
    }
    for number in (1, 2):
        again = queue.received(1)
        body = json.loads(again["Records"][0]["body"])
        assert (body["connectionIds"], body["retry"], body["throttledRounds"]) == (
            [throttled],
            number,
            number,
        )
        if number == 1:
            assert fan_out(again, LambdaContext()) == {"batchItemFailures": []}
    publish_driver.api.answer = lambda _: Answer()
    assert fan_out(again, LambdaContext()) == {"batchItemFailures": []}
    assert publish_driver.api.pushes(throttled)[-1] == ended(session_id)
    assert publish_driver.api.pushes(there) == [ended(session_id)]
    assert publish_driver.api.deleted() == []


def test_messages_of_an_interval_wait_in_the_queue_and_go_out_together(
    publish_driver: PublishDriver,
    queue: SqsQueue,
    load: Callable[[str], Handler],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The publishing handler queues one flush with a delay. The fan-out handler serves it and its shard."""
    settings = replace(UNLIMITED, coalescing_interval=1, coalescing_audience=0)
    monkeypatch.setenv("SETTINGS", settings_json(settings))
    publish_driver.now = int(time.time())
    speaker, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    publish = load("publish")
    for data in ("a", "b", "c"):
        request = json.dumps({"action": "publish", "data": data})
        publish(events.message(speaker, "user", request), LambdaContext())
    assert publish_driver.api.posted(listener) == []
    fan_out = load("fan_out")
    for _ in ("flush", "shard"):
        assert fan_out(queue.received(1), LambdaContext()) == {"batchItemFailures": []}
    (push,) = publish_driver.api.pushes(listener)
    assert [one["data"] for one in push["messages"]] == ["a", "b", "c"]


def test_a_flush_that_fails_is_redelivered(
    publish_driver: PublishDriver,
    queue: SqsQueue,
    load: Callable[[str], Handler],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Other tasks that were received with it are served."""
    settings = replace(UNLIMITED, coalescing_interval=1, coalescing_audience=0)
    monkeypatch.setenv("SETTINGS", settings_json(settings))
    _, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    flush = flush_task(publish_driver.session(session_id), 1)
    event = queue.event([*event_tasks(publish_driver, session_id), flush])
    fan_out = load("fan_out")
    with watched(table=names()["SESSIONS_TABLE"]):
        (failed,) = fan_out(event, LambdaContext())["batchItemFailures"]
    assert failed["itemIdentifier"] == event["Records"][-1]["messageId"]
    assert "batch not flushed" in capsys.readouterr().out
    assert publish_driver.api.pushes(listener) == [ended(session_id)]


@pytest.mark.parametrize(
    ("conflicts", "calls"),
    [
        pytest.param(0, ["GetItem", "TransactWriteItems"] * 2, id="each by one read and one transaction"),
        pytest.param(
            99,
            ["GetItem", *["TransactWriteItems"] * MAX_ATTEMPTS[RetryBudget.QUICK]],
            id="not while others do it",
        ),
    ],
)
def test_pruning_is_bounded(
    publish_driver: PublishDriver,
    queue: SqsQueue,
    load: Callable[[str], Handler],
    conflicts: int,
    calls: list[str],
) -> None:
    """Pruning is last: it delays the result, and no listener."""
    one_shard = publish_driver.with_settings(max_listeners=2)
    _, session_id = one_shard.speaking()
    for _ in range(2):
        one_shard.join_listener(session_id)
    publish_driver.api.answer = lambda _: Answer(status=410)
    fan_out = load("fan_out")
    event = queue.event(event_tasks(one_shard, session_id))
    with watched(conflicts=conflicts) as made:
        assert fan_out(event, LambdaContext()) == {"batchItemFailures": []}
    assert made.names == ["Query", *calls]
    one_shard.close()


@pytest.mark.parametrize(("name", "route"), [("fan_out", "fanOut"), ("presence", "presence")])
def test_malformed_tasks_are_counted_without_any_other_task(
    load: Callable[[str], Handler], capsys: pytest.CaptureFixture[str], name: str, route: str
) -> None:
    """CloudWatch drops a metric with an empty dimension."""
    handler = load(name)
    handler({"Records": [{"body": "nonsense"}]}, LambdaContext())
    assert json.loads(capsys.readouterr().out)["route"] == route
