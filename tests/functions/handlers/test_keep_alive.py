"""The scheduled function as Lambda runs it: it answers, goes on elsewhere, or fails so that it is seen."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

from adapters import self_invocation as continuation
from adapters.http.response import Response
from domain.errors import UnavailableError
from tests.support.aws_exchanges import SentRequest, intercepted, json_response
from tests.support.fake_management_api import ManagementApi
from tests.support.handler_driver import Handler, cold_start
from tests.support.keep_alive_driver import KeepAliveDriver

pytestmark = pytest.mark.emulator
NAME = "stack-keep-alive"


@dataclass(frozen=True)
class Context:
    """What Lambda tells of an invocation."""

    left_ms: int
    aws_request_id: str = "request"

    def get_remaining_time_in_millis(self) -> int:
        return self.left_ms


@pytest.fixture
def handler(
    keep_alive_driver: KeepAliveDriver, callbacks: ManagementApi, monkeypatch: pytest.MonkeyPatch
) -> Handler:
    """The function, started in its environment."""
    for name, value in {
        "CALLBACK_URL": callbacks.url,
        "FAN_OUT_QUEUE_URL": "http://127.0.0.1/queue",
        "MESSAGES_TABLE": "messages_table",
        "AWS_LAMBDA_FUNCTION_NAME": NAME,
        "UNLIMITED": "{}",
    }.items():
        monkeypatch.setenv(name, value)
    return cold_start("keep_alive")


@dataclass
class LambdaApi:
    """Lambda's Invoke, which accepts events as long as it is not throttled."""

    is_throttled: bool = False
    target: str = NAME
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def handle(self, sent: SentRequest, _: Callable[[], Response]) -> Response:
        assert sent.path == f"/2015-03-31/functions/{quote(self.target, safe='')}/invocations"
        assert sent.headers["x-amz-invocation-type"] == "Event"
        if self.is_throttled:
            return json_response(429, {}, {"x-amzn-ErrorType": "TooManyRequestsException"})
        self.events.append(sent.arguments)
        return json_response(202, {})


@pytest.fixture
def lambda_api() -> Generator[LambdaApi]:
    """The API that a run continues through."""
    api = LambdaApi()
    continuation.client.cache_clear()
    with intercepted(continuation.client(), by=api.handle):
        yield api
    continuation.client.cache_clear()


def test_a_run_pings_through_the_management_api(
    handler: Handler, keep_alive_driver: KeepAliveDriver, callbacks: ManagementApi
) -> None:
    """The clock is the real one: a connection of long ago is due, one of the future is not."""
    connection = keep_alive_driver.connect()
    _, session_id = keep_alive_driver.speaking()
    keep_alive_driver.now = 0
    old = keep_alive_driver.listening(session_id)

    assert handler({}, Context(50_000)) == {"left": 0}
    assert [push["type"] for push in callbacks.pushes(old)] == ["connectionRefreshRequired"]
    assert callbacks.pushes(connection) == []


def test_a_run_without_time_continues_in_two_invocations(
    handler: Handler, keep_alive_driver: KeepAliveDriver, lambda_api: LambdaApi
) -> None:
    """Nothing is begun, and nothing is dropped."""
    keep_alive_driver.now = 0
    for _ in range(8):
        keep_alive_driver.connect()

    assert handler({}, Context(20_000))["left"] > 0
    assert [event["depth"] for event in lambda_api.events] == [1, 1]


def test_a_function_with_snapstart_continues_by_its_alias(
    handler: Handler,
    keep_alive_driver: KeepAliveDriver,
    lambda_api: LambdaApi,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`$LATEST` has no snapshot, and the role allows the alias only."""
    monkeypatch.setenv("FUNCTION_ALIAS", "live")
    lambda_api.target = f"{NAME}:live"
    keep_alive_driver.now = 0
    for _ in range(8):
        keep_alive_driver.connect()

    assert handler({}, Context(20_000))["left"] > 0
    assert [event["depth"] for event in lambda_api.events] == [1, 1]


def test_a_run_that_cannot_continue_in_another_invocation_fails(
    handler: Handler, keep_alive_driver: KeepAliveDriver, lambda_api: LambdaApi
) -> None:
    """So that Lambda counts and repeats it."""
    keep_alive_driver.now = 0
    keep_alive_driver.connect()
    lambda_api.is_throttled = True

    with pytest.raises(UnavailableError):
        handler({"continue": [["connections", shard, 0] for shard in range(16)], "depth": 1}, Context(20_000))


def test_a_continued_run_does_only_its_own_part(
    handler: Handler, keep_alive_driver: KeepAliveDriver, callbacks: ManagementApi
) -> None:
    """The event names the shards."""
    keep_alive_driver.now = 0
    connection = keep_alive_driver.connect()
    event = {"continue": [["sessions", shard, 0] for shard in range(16)], "depth": 2}

    assert handler(event, Context(50_000)) == {"left": 0}
    assert callbacks.pushes(connection) == []
