"""The handlers of publish, the fan-out queue and the stream: their events, and what they report back."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from adapters.dynamodb.client import MAX_ATTEMPTS
from domain.ports import RetryBudget
from fan_out.tasks import FanOutTask
from tests.support.dynamodb_faults import watched
from tests.support.fake_management_api import Answer
from tests.support.handler_driver import Handler, cold_start
from tests.support.publish_driver import PublishDriver
from tests.support.sqs_queue import SqsQueue
from wire.pushes import MAX_PUSH_BYTES

pytestmark = pytest.mark.emulator


@pytest.fixture
def load(driver: PublishDriver, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Handler]:
    """Starts a handler in the environment of its function."""
    monkeypatch.setenv("CALLBACK_URL", driver.api.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return cold_start


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
def queue(driver: PublishDriver, monkeypatch: pytest.MonkeyPatch) -> SqsQueue:
    """A queue beside the driver's tables."""
    queue = SqsQueue()
    monkeypatch.setenv("FAN_OUT_QUEUE_URL", queue.url)
    return queue


def count_record(session_id: str, sequence: int, image: str = "NewImage") -> dict[str, Any]:
    shard = {"listenerShard": {"S": f"{session_id}#0"}, "sessionId": {"S": session_id}}
    counted = {**shard, "listeners": {"N": "1"}}
    return {"eventName": "MODIFY", "dynamodb": {"SequenceNumber": str(sequence), image: counted}}


def test_publish_replies_and_reaches_listeners(driver: PublishDriver, load: Callable[[str], Handler]) -> None:
    """The clock is the real one here, so the session's is too."""
    driver.now = int(time.time())
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    publish = load("publish")
    answer = publish(
        websocket_event(speaker, '{"action":"publish","data":"hello","requestId":"r"}'), object()
    )
    assert json.loads(answer["body"]) == {
        "type": "published",
        "sessionId": session_id,
        "offset": 1,
        "requestId": "r",
    }
    assert driver.heard(listener) == [(1, "hello")]
    large = json.dumps({"action": "publish", "data": "x" * MAX_PUSH_BYTES})
    assert (
        json.loads(publish(websocket_event(speaker, large), object())["body"])["code"] == "PAYLOAD_TOO_LARGE"
    )


def event_tasks(driver: PublishDriver, session_id: str) -> list[FanOutTask]:
    """Tell all shards of a session that it has ended."""
    return [
        FanOutTask(session_id=session_id, shard=number, event=ended(session_id))
        for number in range(driver.settings.shards)
    ]


def ended(session_id: str) -> dict[str, str]:
    return {"type": "sessionEnded", "sessionId": session_id, "reason": "ended"}


def test_a_shard_that_fails_comes_again_soon_and_no_other(
    driver: PublishDriver,
    queue: SqsQueue,
    load: Callable[[str], Handler],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And what is no task is dropped, for it would come again for ever."""
    _, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    (shard,) = (
        number
        for number in range(driver.settings.shards)
        if driver.container.listeners.page(session_id, number).listeners
    )
    fan_out = load("fan_out")
    driver.api.answer = lambda _: Answer(status=403)
    event = queue.event(event_tasks(driver, session_id), "nonsense")
    (failed,) = fan_out(event, Context())["batchItemFailures"]
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
    driver.api.answer = lambda _: Answer()
    assert fan_out(again, Context()) == {"batchItemFailures": []}
    assert driver.api.pushes(listener)[-1] == ended(session_id)


def test_a_batch_that_cannot_come_again_soon_comes_again_later(
    driver: PublishDriver,
    queue: SqsQueue,
    load: Callable[[str], Handler],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, session_id = driver.speaking()
    driver.join_listener(session_id)
    driver.api.answer = lambda _: Answer(status=403)
    event = queue.event(event_tasks(driver, session_id))
    monkeypatch.setenv("FAN_OUT_QUEUE_URL", queue.url + "-away")
    assert len(load("fan_out")(event, Context())["batchItemFailures"]) == 1
    assert "retry not advanced" in capsys.readouterr().out


def test_a_slow_listener_holds_up_no_shard_of_its_batch(
    driver: PublishDriver, queue: SqsQueue, load: Callable[[str], Handler]
) -> None:
    """One in each shard is answered last of all, and still in its first attempt."""
    _, session_id = driver.speaking()
    listeners = [driver.join_listener(session_id)[0] for _ in range(30)]
    driver.slow_down_one_in_each_shard(session_id, listeners)
    event = queue.event(event_tasks(driver, session_id))
    assert load("fan_out")(event, Context()) == {"batchItemFailures": []}
    assert [driver.api.pushes(one) for one in listeners] == [[ended(session_id)]] * 30


def test_whom_a_shard_left_behind_is_tried_again_alone(
    driver: PublishDriver, queue: SqsQueue, load: Callable[[str], Handler]
) -> None:
    """With the limits in use, and for as long as it takes: first by a new task, then by that one again."""
    _, session_id = driver.speaking()
    throttled, there = driver.join_listener(session_id)[0], driver.join_listener(session_id)[0]
    driver.api.answer = lambda got: Answer(status=429 if got.connection_id == throttled else 200)
    fan_out = load("fan_out")
    assert fan_out(queue.event(event_tasks(driver, session_id)), Context()) == {"batchItemFailures": []}
    again = queue.received(1)
    assert json.loads(again["Records"][0]["body"])["connectionIds"] == [throttled]
    assert len(fan_out(again, Context())["batchItemFailures"]) == 1
    driver.api.answer = lambda _: Answer()
    assert fan_out(queue.received(1), Context()) == {"batchItemFailures": []}
    assert driver.api.pushes(there) == [ended(session_id)]
    assert driver.api.deleted() == []


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
def test_clearing_away_costs_little(
    driver: PublishDriver,
    queue: SqsQueue,
    load: Callable[[str], Handler],
    conflicts: int,
    calls: list[str],
) -> None:
    """It comes last, before whoever waits for an answer gets it."""
    one_shard = driver.with_settings(max_listeners=2)
    _, session_id = one_shard.speaking()
    for _ in range(2):
        one_shard.join_listener(session_id)
    driver.api.answer = lambda _: Answer(status=410)
    fan_out = load("fan_out")
    event = queue.event(event_tasks(one_shard, session_id))
    with watched(conflicts=conflicts) as made:
        assert fan_out(event, Context()) == {"batchItemFailures": []}
    assert made.names == ["Query", *calls]
    one_shard.close()


@pytest.mark.parametrize(("name", "route"), [("fan_out", "fanOut"), ("presence", "presence")])
def test_what_is_malformed_is_counted_for_its_function_also_where_nothing_else_came(
    load: Callable[[str], Handler], capsys: pytest.CaptureFixture[str], name: str, route: str
) -> None:
    """CloudWatch drops a metric with an empty dimension."""
    handler = load(name)
    handler({"Records": [{"body": "nonsense"}]}, Context())
    assert json.loads(capsys.readouterr().out)["route"] == route


def test_a_batch_of_the_stream_tells_each_session_once(
    driver: PublishDriver, load: Callable[[str], Handler], capsys: pytest.CaptureFixture[str]
) -> None:
    """Records that are none are counted and passed over."""
    presence = load("presence")
    driver.now = int(time.time())
    speakers = [driver.speaking() for _ in range(2)]
    records = [count_record(session_id, number) for number, (_, session_id) in enumerate(speakers * 3)]
    poison: list[Any] = [{}, {"dynamodb": None}, {"dynamodb": {"NewImage": {"sessionId": 3}}}, None]
    deleted = count_record(speakers[0][1], 9, "OldImage")
    assert presence({"Records": [*poison, *records, deleted]}, object()) == {"batchItemFailures": []}
    for speaker, session_id in speakers:
        assert driver.api.pushes(speaker) == [{"type": "presence", "sessionId": session_id, "listeners": 0}]
    assert '"PresenceMalformed": [4.0]' in capsys.readouterr().out


def test_the_counters_of_a_new_session_are_no_news(
    driver: PublishDriver, load: Callable[[str], Handler]
) -> None:
    presence = load("presence")
    driver.now = int(time.time())
    speaker, session_id = driver.speaking()
    record = count_record(session_id, 1)
    record["dynamodb"]["NewImage"]["listeners"] = {"N": "0"}
    assert presence({"Records": [record]}, object()) == {"batchItemFailures": []}
    assert driver.api.pushes(speaker) == []


def test_a_session_that_fails_keeps_no_other_from_being_told(
    driver: PublishDriver, load: Callable[[str], Handler]
) -> None:
    """The stream comes again from the earliest that is reported."""
    presence = load("presence")
    driver.now = int(time.time())
    (_, first), (one, second), (_, third) = (driver.speaking() for _ in range(3))
    driver.api.answer = lambda got: Answer(status=200 if got.connection_id == one else 403)
    records = [count_record(session_id, number) for number, session_id in enumerate((first, second, third))]
    answer = presence({"Records": records}, object())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "2"}]}
    assert driver.api.pushes(one) == [{"type": "presence", "sessionId": second, "listeners": 0}]
