"""The handlers of publish, the fan-out queue and the stream: their events, and what they report back."""

import importlib
import json
import time
from collections.abc import Callable, Generator
from types import ModuleType
from typing import Any

import pytest

from adapters import telemetry
from sessions.log import FRAME_LIMIT
from sessions.shard_tasks import ShardTask, to_json
from tests.functions.fan_out.management_api import Answer
from tests.functions.fan_out.stage import Stage

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
    """Lambda's, which has this many milliseconds left at each look, and none after them."""

    def __init__(self, *remaining: int) -> None:
        self._remaining = iter(remaining)

    def get_remaining_time_in_millis(self) -> int:
        return next(self._remaining, 0)


AMPLE = 30_000


def queue_event(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"id-{index}", "body": body} for index, body in enumerate(bodies)]}


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


def test_a_shard_that_fails_is_reported_and_no_other(
    stage: Stage, load: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    """And what is no task is dropped, for it would come again for ever."""
    _, session_id = stage.speaking()
    listener, _ = stage.join(session_id)
    shard = next(
        number
        for number in range(stage.settings.shards)
        if stage.listeners.page(session_id, number).listeners
    )
    event = {"type": "sessionEnded", "sessionId": session_id, "reason": "ended"}
    tasks = [
        to_json(ShardTask(session_id=session_id, shard=number, event=event))
        for number in (shard, (shard + 1) % stage.settings.shards)
    ]
    fan_out = load("fan_out").handler
    assert fan_out(queue_event(*tasks, "nonsense"), Context(AMPLE, AMPLE)) == {"batchItemFailures": []}
    assert stage.api.pushes(listener) == [event]
    stage.api.answer = lambda _: Answer(status=403)
    failed = fan_out(queue_event("nonsense", *tasks), Context(AMPLE, AMPLE))
    assert failed == {"batchItemFailures": [{"itemIdentifier": "id-1"}]}
    assert "FanOutMalformed" in capsys.readouterr().out


def test_shards_that_time_does_not_allow_come_again_and_those_served_do_not(
    stage: Stage, load: Callable[[str], ModuleType]
) -> None:
    """A function that ran into its time-out would serve the whole batch again, and fail again."""
    _, session_id = stage.speaking()
    event = {"type": "sessionEnded", "sessionId": session_id, "reason": "ended"}
    tasks = [to_json(ShardTask(session_id=session_id, shard=number, event=event)) for number in range(3)]
    answer = load("fan_out").handler(queue_event(*tasks), Context(AMPLE, AMPLE, 1_000))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "id-2"}]}


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


def test_the_stream_comes_again_from_the_session_that_failed(
    stage: Stage, load: Callable[[str], ModuleType]
) -> None:
    presence = load("presence").handler
    stage.now = int(time.time())
    (one, first), (_, second) = stage.speaking(), stage.speaking()
    stage.api.answer = lambda got: Answer(status=200 if got.connection_id == one else 403)
    answer = presence({"Records": [count_record(first, 1), count_record(second, 2)]}, object())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
