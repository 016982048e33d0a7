"""The handlers of publish, the fan-out queue and the stream: their events, and what they report back."""

import importlib
import json
import time
from collections.abc import Callable, Generator
from types import ModuleType
from typing import Any

import pytest

from adapters import telemetry
from adapters.dynamodb.client import HASTY_TRIES
from domain.message_log import FRAME_LIMIT
from fan_out.tasks import ShardTask
from tests.functions.fan_out.management_api import Answer
from tests.functions.fan_out.sqs import SqsQueue
from tests.functions.fan_out.stage import Stage
from tests.functions.faults import watched

pytestmark = pytest.mark.emulator


@pytest.fixture
def load(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Generator[Callable[[str], ModuleType]]:
    """Import a handler afresh, in the environment of its function."""
    monkeypatch.setenv("CALLBACK_URL", stage.api.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    yield lambda name: importlib.reload(importlib.import_module(f"handlers.{name}"))
    telemetry.METRICS.flush()


def websocket_event(connection_id: str, body: str) -> dict[str, Any]:
    return {
        "requestContext": {
            "connectionId": connection_id,
            "routeKey": "publish",
            "eventType": "MESSAGE",
            "connectedAt": 1_800_000_000_000,
            "identity": {"sourceIp": "192.0.2.1"},
            "authorizer": {"subject": "user", "correlationId": "c"},
        },
        "body": body,
    }


class Context:
    """Lambda's."""

    aws_request_id = "request"


@pytest.fixture
def queue(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> SqsQueue:
    """A queue beside the stage's tables."""
    queue = SqsQueue()
    monkeypatch.setenv("FAN_OUT_QUEUE_URL", queue.url)
    return queue


def count_record(session_id: str, sequence: int, image: str = "NewImage") -> dict[str, Any]:
    shard = {"listenerShard": {"S": f"{session_id}#0"}, "sessionId": {"S": session_id}}
    counted = {**shard, "listeners": {"N": "1"}}
    return {"eventName": "MODIFY", "dynamodb": {"SequenceNumber": str(sequence), image: counted}}


def test_publish_replies_and_reaches_listeners(stage: Stage, load: Callable[[str], ModuleType]) -> None:
    """The clock is the real one here, so the session's is too."""
    stage.now = int(time.time())
    speaker, session_id = stage.speaking()
    listener, _ = stage.join(session_id)
    publish = load("publish").handler
    answer = publish(
        websocket_event(speaker, '{"action":"publish","data":"hello","requestId":"r"}'), object()
    )
    assert json.loads(answer["body"]) == {
        "type": "published",
        "sessionId": session_id,
        "offset": 1,
        "requestId": "r",
    }
    assert stage.heard(listener) == [(1, "hello")]
    large = json.dumps({"action": "publish", "data": "x" * FRAME_LIMIT})
    assert (
        json.loads(publish(websocket_event(speaker, large), object())["body"])["code"] == "PAYLOAD_TOO_LARGE"
    )


def event_tasks(stage: Stage, session_id: str) -> list[ShardTask]:
    """Tell all shards of a session that it has ended."""
    return [
        ShardTask(session_id=session_id, shard=number, event=ended(session_id))
        for number in range(stage.settings.shards)
    ]


def ended(session_id: str) -> dict[str, str]:
    return {"type": "sessionEnded", "sessionId": session_id, "reason": "ended"}


def test_a_shard_that_fails_comes_again_soon_and_no_other(
    stage: Stage, queue: SqsQueue, load: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    """And what is no task is dropped, for it would come again for ever."""
    _, session_id = stage.speaking()
    listener, _ = stage.join(session_id)
    (shard,) = (
        number
        for number in range(stage.settings.shards)
        if stage.listeners.page(session_id, number).listeners
    )
    fan_out = load("fan_out").handler
    stage.api.answer = lambda _: Answer(status=403)
    event = queue.event(event_tasks(stage, session_id), "nonsense")
    (failed,) = fan_out(event, Context())["batchItemFailures"]
    assert failed["itemIdentifier"] == event["Records"][shard]["messageId"]
    output = capsys.readouterr().out
    assert '"FanOutMalformed": 1' in output
    assert '"FanOutFailed": 1' in output

    again = queue.received(1)
    (record,) = again["Records"]
    assert (record["messageId"], record["attributes"]["ApproximateReceiveCount"]) == (
        failed["itemIdentifier"],
        "2",
    )
    stage.api.answer = lambda _: Answer()
    assert fan_out(again, Context()) == {"batchItemFailures": []}
    assert stage.api.pushes(listener)[-1] == ended(session_id)


def test_a_batch_that_cannot_come_again_soon_comes_again_later(
    stage: Stage,
    queue: SqsQueue,
    load: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, session_id = stage.speaking()
    stage.join(session_id)
    stage.api.answer = lambda _: Answer(status=403)
    event = queue.event(event_tasks(stage, session_id))
    monkeypatch.setenv("FAN_OUT_QUEUE_URL", queue.url + "-away")
    assert len(load("fan_out").handler(event, Context())["batchItemFailures"]) == 1
    assert "not returned early" in capsys.readouterr().out


def test_a_slow_listener_holds_up_no_shard_of_its_batch(
    stage: Stage, queue: SqsQueue, load: Callable[[str], ModuleType]
) -> None:
    """One in each shard is answered last of all, and still in its first attempt."""
    _, session_id = stage.speaking()
    listeners = [stage.join(session_id)[0] for _ in range(30)]
    stage.slow_down_one_in_each_shard(session_id, listeners)
    event = queue.event(event_tasks(stage, session_id))
    assert load("fan_out").handler(event, Context()) == {"batchItemFailures": []}
    assert [stage.api.pushes(one) for one in listeners] == [[ended(session_id)]] * 30


def test_whom_a_shard_left_behind_is_tried_again_alone(
    stage: Stage, queue: SqsQueue, load: Callable[[str], ModuleType]
) -> None:
    """With the limits in use, and for as long as it takes: first by a new task, then by that one again."""
    _, session_id = stage.speaking()
    throttled, there = stage.join(session_id)[0], stage.join(session_id)[0]
    stage.api.answer = lambda got: Answer(status=429 if got.connection_id == throttled else 200)
    fan_out = load("fan_out").handler
    assert fan_out(queue.event(event_tasks(stage, session_id)), Context()) == {"batchItemFailures": []}
    again = queue.received(1)
    assert json.loads(again["Records"][0]["body"])["only"] == [throttled]
    assert len(fan_out(again, Context())["batchItemFailures"]) == 1
    stage.api.answer = lambda _: Answer()
    assert fan_out(queue.received(1), Context()) == {"batchItemFailures": []}
    assert stage.api.pushes(there) == [ended(session_id)]
    assert stage.api.deleted() == []


@pytest.mark.parametrize(
    ("conflicts", "calls"),
    [
        pytest.param(0, ["GetItem", "TransactWriteItems"] * 2, id="each by one read and one transaction"),
        pytest.param(99, ["GetItem", *["TransactWriteItems"] * HASTY_TRIES], id="not while others do it"),
    ],
)
def test_clearing_away_costs_little(
    stage: Stage, queue: SqsQueue, load: Callable[[str], ModuleType], conflicts: int, calls: list[str]
) -> None:
    """It comes last, before whoever waits for an answer gets it."""
    one_shard = stage.with_settings(max_listeners=2)
    _, session_id = one_shard.speaking()
    for _ in range(2):
        one_shard.join(session_id)
    stage.api.answer = lambda _: Answer(status=410)
    fan_out = load("fan_out").handler
    event = queue.event(event_tasks(one_shard, session_id))
    with watched(conflicts=conflicts) as made:
        assert fan_out(event, Context()) == {"batchItemFailures": []}
    assert made.names == ["Query", *calls]
    one_shard.close()


@pytest.mark.parametrize(("name", "route"), [("fan_out", "fanOut"), ("presence", "presence")])
def test_what_is_malformed_is_counted_for_its_function_also_where_nothing_else_came(
    load: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str], name: str, route: str
) -> None:
    """CloudWatch drops a metric with an empty dimension."""
    handler = load(name).handler
    telemetry.METRICS.begin("")
    handler({"Records": [{"body": "nonsense"}]}, Context())
    assert json.loads(capsys.readouterr().out)["route"] == route


def test_a_batch_of_the_stream_tells_each_session_once(
    stage: Stage, load: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    """Records that are none are counted and passed over."""
    presence = load("presence").handler
    stage.now = int(time.time())
    speakers = [stage.speaking() for _ in range(2)]
    records = [count_record(session_id, number) for number, (_, session_id) in enumerate(speakers * 3)]
    poison: list[Any] = [{}, {"dynamodb": None}, {"dynamodb": {"NewImage": {"sessionId": 3}}}, None]
    deleted = count_record(speakers[0][1], 9, "OldImage")
    assert presence({"Records": [*poison, *records, deleted]}, object()) == {"batchItemFailures": []}
    for speaker, session_id in speakers:
        assert stage.api.pushes(speaker) == [{"type": "presence", "sessionId": session_id, "listeners": 0}]
    assert '"PresenceMalformed": 4' in capsys.readouterr().out


def test_the_counters_of_a_new_session_are_no_news(stage: Stage, load: Callable[[str], ModuleType]) -> None:
    presence = load("presence").handler
    stage.now = int(time.time())
    speaker, session_id = stage.speaking()
    record = count_record(session_id, 1)
    record["dynamodb"]["NewImage"]["listeners"] = {"N": "0"}
    assert presence({"Records": [record]}, object()) == {"batchItemFailures": []}
    assert stage.api.pushes(speaker) == []


def test_a_session_that_fails_keeps_no_other_from_being_told(
    stage: Stage, load: Callable[[str], ModuleType]
) -> None:
    """The stream comes again from the earliest that is reported."""
    presence = load("presence").handler
    stage.now = int(time.time())
    (_, first), (one, second), (_, third) = (stage.speaking() for _ in range(3))
    stage.api.answer = lambda got: Answer(status=200 if got.connection_id == one else 403)
    records = [count_record(session_id, number) for number, session_id in enumerate((first, second, third))]
    answer = presence({"Records": records}, object())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "2"}]}
    assert stage.api.pushes(one) == [{"type": "presence", "sessionId": second, "listeners": 0}]
