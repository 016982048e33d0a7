"""The handlers of a stack with an audience's channel, from a listener's offer to the requests to AppSync."""

import json
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import pytest

from domain.digest import use_key
from tests.functions.conftest import Environment
from tests.support.aws_server import AwsServer, Reply, aws_server
from tests.support.dynamodb_faults import watched
from tests.support.fake_management_api import ManagementApi
from tests.support.handler_driver import HandlerDriver
from tests.support.lambda_context import LambdaContext
from tests.support.session_driver import UNLIMITED, new_id
from tests.support.sqs_queue import SqsQueue

pytestmark = pytest.mark.emulator

PUBLISHED = Reply(document={"failed": [], "successful": [{"identifier": "a", "index": 0}]})
FAILED = Reply(document={"failed": [{"identifier": "a", "index": 0}], "successful": []})


@pytest.fixture
def own_queue(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> SqsQueue:
    """A queue to which no other test sends."""
    queue = SqsQueue()
    monkeypatch.setenv("FAN_OUT_QUEUE_URL", queue.url)
    return queue


@pytest.fixture
def appsync(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Generator[AwsServer]:
    """The publish endpoint of the stack's Event API, which takes everything."""
    monkeypatch.setenv("DIGEST_KEY", "key of a stack")
    environment(replace(UNLIMITED, channel_audience=0))
    with aws_server() as served:
        served.replies = [PUBLISHED]
        monkeypatch.setenv("CHANNEL_PUBLISH_URL", f"{served.url}/event")
        monkeypatch.setenv("CHANNEL_SUBSCRIBE_URL", "wss://x7.appsync-realtime-api/event/realtime")
        yield served
    use_key("")


def join(stack: HandlerDriver, listener: str, session_id: str, **fields: Any) -> dict[str, Any]:
    return stack.send(listener, "joinSession", sessionId=session_id, targetLanguage="es", **fields)


def on_channel(stack: HandlerDriver, session_id: str) -> str:
    listener = stack.listening(session_id)
    assert join(stack, listener, session_id, onChannel=True)["onChannel"] is True
    return listener


def pushes(appsync: AwsServer) -> list[dict[str, Any]]:
    return [json.loads(event) for one in appsync.received for event in json.loads(one.body)["events"]]


def test_the_offer_of_a_reply_is_accepted_by_the_authorizer(stack: HandlerDriver, appsync: AwsServer) -> None:
    _, session_id = stack.speaking(new_id("u"))
    offer = join(stack, stack.connect(), session_id)["channel"]
    assert offer["host"] == appsync.url.removeprefix("http://")
    for operation, channel, is_allowed in (
        ("EVENT_CONNECT", "", True),
        ("EVENT_SUBSCRIBE", offer["name"], True),
        ("EVENT_SUBSCRIBE", offer["name"].replace("/es", "/fr"), False),
    ):
        event = {
            "authorizationToken": offer["authorization"],
            "requestContext": {"operation": operation, "channel": channel},
        }
        assert stack.call("authorize_channel", event)["isAuthorized"] is is_allowed


def test_a_publish_is_one_request_to_appsync_and_no_push(
    stack: HandlerDriver, appsync: AwsServer, callbacks: ManagementApi
) -> None:
    speaker, session_id = stack.speaking(new_id("u"))
    listeners = [on_channel(stack, session_id) for _ in range(3)]
    name = join(stack, listeners[0], session_id, onChannel=True)["channel"]["name"]
    assert stack.send(speaker, "publish", data="ñ")["offset"] == 1
    stack.send(speaker, "updateSession", quality="premium")
    stack.send(speaker, "endSession")
    assert [push["type"] for push in pushes(appsync)] == ["message", "sessionUpdated", "sessionEnded"]
    assert [one.path for one in appsync.received] == ["/event"] * 3
    assert {json.loads(one.body)["channel"] for one in appsync.received} == {name}
    assert not any(callbacks.pushes(one) for one in listeners)


def test_a_request_that_appsync_refuses_is_retried_by_the_queue(
    stack: HandlerDriver,
    appsync: AwsServer,
    callbacks: ManagementApi,
    own_queue: SqsQueue,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The direct listener gets the message once. The third attempt succeeds."""
    speaker, session_id = stack.speaking(new_id("u"))
    direct = stack.listening(session_id)
    on_channel(stack, session_id)
    appsync.replies = [FAILED, FAILED, PUBLISHED]
    stack.send(speaker, "publish", data="x")
    first = own_queue.received(1)
    assert stack.call("fan_out", first) == {"batchItemFailures": []}
    output = capsys.readouterr().out
    assert output.count('"ChannelFailed": [1.0]') == 2
    again = own_queue.received(1)
    assert json.loads(again["Records"][0]["body"])["retry"] == 1
    assert stack.call("fan_out", again) == {"batchItemFailures": []}
    assert len(appsync.received) == 3
    assert len(callbacks.pushes(direct)) == 1


def test_a_stack_with_a_channel_makes_the_same_calls_to_dynamodb(
    stack: HandlerDriver, appsync: AwsServer
) -> None:
    speaker, session_id = stack.speaking(new_id("u"))
    on_channel(stack, session_id)
    stack.send(speaker, "publish", data="the first one reads the speaker's items")
    assert calls_of(lambda: stack.send(speaker, "publish", data="x")) == ["TransactWriteItems", "Query"]
    listener = stack.connect()
    assert calls_of(lambda: join(stack, listener, session_id)) == [
        "BatchGetItem",
        "TransactWriteItems",
        "GetItem",
    ]


def test_a_change_to_the_channel_is_two_reads_and_one_transaction(
    stack: HandlerDriver, appsync: AwsServer
) -> None:
    """The first listener of a language also records the language."""
    _, session_id = stack.speaking(new_id("u"))
    first, second = stack.listening(session_id), stack.listening(session_id)
    change = ["BatchGetItem", "UpdateItem", "TransactWriteItems", "GetItem"]
    assert calls_of(lambda: join(stack, first, session_id, onChannel=True)) == change
    assert calls_of(lambda: join(stack, second, session_id, onChannel=True)) == [change[0], *change[2:]]
    assert calls_of(lambda: join(stack, second, session_id)) == [change[0], *change[2:]]


def calls_of(act: Callable[[], object]) -> list[str]:
    with watched() as calls:
        act()
    return calls.names


def test_no_log_line_has_the_token_of_an_offer(
    stack: HandlerDriver,
    appsync: AwsServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    speaker, session_id = stack.speaking(new_id("u"))
    listener = stack.connect()
    token: str = join(stack, listener, session_id)["channel"]["authorization"]
    join(stack, listener, session_id, onChannel=True)
    appsync.replies = [FAILED]
    stack.send(speaker, "publish", data="x")
    stack.context = lambda: LambdaContext(5)
    stack.send(speaker, "publish", data="y")
    output = capsys.readouterr().out
    assert "channel not published" in output
    for secret in (*token.split("."), session_id):
        assert secret not in output
