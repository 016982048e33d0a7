"""A request has its reply before its function times out, also if every call takes long.

The clock is the test's. Each attempt to reach DynamoDB, the queue or the management API advances it.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from adapters import fan_out_queue
from adapters.dynamodb import client as dynamodb
from adapters.http.response import NoResponseError, Response
from domain.deadline import request_deadline
from domain.settings import Limits, Settings
from handlers.time_limit import RESERVE_SECONDS, time_limit
from tests.functions.conftest import Environment
from tests.functions.handlers.test_dynamodb_faults import ACTS, Scene, is_unavailable
from tests.support.aws_exchanges import SentRequest, intercepted
from tests.support.fake_management_api import Answer, Got, ManagementApi
from tests.support.handler_driver import HandlerDriver
from tests.support.lambda_context import LambdaContext
from tests.support.session_driver import new_id
from websocket_sessions.permissions import FUNCTION_SPECS

pytestmark = pytest.mark.emulator

LIMITED = Settings(limits=Limits(connects_per_minute=10_000, joins_per_minute=10_000))
ATTEMPT_SECONDS = 2.5


@dataclass
class Clock:
    """A monotonic clock that the attempts of the DynamoDB client advance."""

    now: float = 0.0
    step: float = 0.0
    is_silent: bool = False
    attempts: int = 0

    def __call__(self) -> float:
        return self.now

    def attempt(self, _: SentRequest, send: Callable[[], Response]) -> Response:
        self.attempts += 1
        self.now += self.step
        if self.is_silent:
            raise NoResponseError("silent")
        return send()


@pytest.fixture
def clock(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Generator[Clock]:
    """The clock of deadlines."""
    environment(LIMITED)
    clock = Clock()
    monkeypatch.setattr(request_deadline, "clock", clock)
    with intercepted(dynamodb.client(), fan_out_queue.client(), by=clock.attempt):
        yield clock


@contextmanager
def slow_calls(clock: Clock, seconds: float, *, is_silent: bool = False) -> Generator[float]:
    clock.step, clock.is_silent = seconds, is_silent
    started = clock.now
    yield started
    clock.step, clock.is_silent = 0.0, False


@pytest.mark.parametrize("is_silent", [False, True], ids=["slow", "silent"])
@pytest.mark.parametrize("name", list(ACTS))
def test_every_handler_replies_in_time(
    stack: HandlerDriver, clock: Clock, name: str, is_silent: bool
) -> None:
    act, _ = ACTS[name]
    scene = Scene.of(stack)
    seconds = 7.0
    stack.context = lambda: LambdaContext(seconds, clock)
    with slow_calls(clock, ATTEMPT_SECONDS, is_silent=is_silent) as started:
        reply = act(scene)
    assert clock.now - started <= seconds
    assert clock.attempts
    if is_silent:
        assert is_unavailable(reply)


@pytest.mark.parametrize("status", [200, 429, 500])
def test_a_publish_replies_in_time_if_all_of_its_calls_are_slow(
    stack: HandlerDriver, clock: Clock, callbacks: ManagementApi, status: int
) -> None:
    """The log, the listeners, the pushes and the queue share one deadline."""
    speaker, session_id = stack.speaking(new_id("u"))
    stack.listening(session_id)
    seconds = float(FUNCTION_SPECS["publish"].timeout)
    stack.context = lambda: LambdaContext(seconds, clock)

    def push(_: Got) -> Answer:
        clock.now += clock.step
        return Answer(status=status)

    callbacks.answer = push
    with slow_calls(clock, ATTEMPT_SECONDS) as started:
        reply = stack.send(speaker, "publish", data="x", requestId="r")
    assert clock.now - started <= seconds
    assert reply["type"] == "published" or is_unavailable(reply)


def test_a_message_that_no_time_is_left_to_send_is_not_appended(stack: HandlerDriver, clock: Clock) -> None:
    speaker, _ = stack.speaking(new_id("u"))
    stack.context = lambda: LambdaContext(10, clock)
    assert is_unavailable(stack.send(speaker, "publish", data="x"))
    stack.context = lambda: LambdaContext(29, clock)
    assert stack.send(speaker, "publish", data="x")["offset"] == 1


def test_time_at_api_gateway_counts_towards_the_deadline(clock: Clock) -> None:
    """A cold start before the invocation leaves less than the function's time-out."""
    received_at_ms = int(1000 * (time.time() - 8))
    with time_limit(LambdaContext(29, clock), received_at_ms=received_at_ms):
        assert request_deadline.remaining() <= 29 - 8 - RESERVE_SECONDS
