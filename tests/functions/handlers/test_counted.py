"""Requests that are refused count towards the limit of requests, whatever refuses them."""

import time
from dataclasses import replace

import pytest

from domain.settings import Limits, Settings
from pulumi_local_aws.ministack import MiniStack
from tests.functions.conftest import Environment
from tests.support.fake_management_api import ManagementApi
from tests.support.handler_driver import HandlerDriver
from tests.support.session_driver import new_id
from tests.support.tables import clear_tables

pytestmark = pytest.mark.emulator

ALLOWED = 3


@pytest.fixture(autouse=True)
def _one_window(tables: MiniStack, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """Count from zero, and let no minute end within a test."""
    clear_tables()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)


TIGHT = Settings(limits=Limits(requests_per_minute=ALLOWED))
NEW = {"sourceLanguage": "en", "quality": "standard"}

REFUSED = {
    "INVALID_MESSAGE": ("joinSession", "join_session", '{"action":"joinSession"}'),
    "INVALID_MESSAGE of publish": ("publish", "publish", "nonsense"),
    "UNKNOWN_ACTION": ("fly", "unknown_action", '{"action":"fly"}'),
    "CONFLICT": (
        "createSession",
        "create_session",
        '{"action":"createSession","sourceLanguage":"en","quality":"standard"}',
    ),
    "FORBIDDEN": ("resumeSession", "resume_session", '{"action":"resumeSession","sessionId":"%s"}'),
    "UNSUPPORTED_LANGUAGE": (
        "joinSession",
        "join_session",
        '{"action":"joinSession","sessionId":"%s","targetLanguage":"sv"}',
    ),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_refused_requests_of_a_user_are_limited(
    stack: HandlerDriver, environment: Environment, callbacks: ManagementApi, case: str
) -> None:
    """The connection speaks in a session of its own, and far beyond its limit it is disconnected."""
    environment(TIGHT)
    _, handler, body = REFUSED[case]
    _, foreign = stack.speaking(new_id("u"))
    connection, _ = stack.speaking(new_id("u"))
    text = body.replace("%s", foreign)
    codes = [stack.send_text(connection, handler, text)["code"] for _ in range(ALLOWED + 1)]
    assert codes == [case.partition(" ")[0]] * ALLOWED + ["RATE_LIMITED"]
    assert callbacks.deleted() == []
    for _ in range(ALLOWED):
        stack.send_text(connection, handler, text)
    assert callbacks.deleted() == [connection]


def test_anonymous_requests_are_limited_by_address(stack: HandlerDriver, environment: Environment) -> None:
    """Over WebSocket and over HTTP they have one limit, which scales with the audience."""
    environment(replace(TIGHT, max_listeners=1))
    _, session_id = stack.speaking(new_id("u"))
    connections = [stack.connect() for _ in range(3)]
    allowed = ALLOWED + 2
    replies = [
        stack.send(connections[number % 3], "getSession", sessionId=session_id)
        for number in range(allowed - 1)
    ]
    assert {reply["type"] for reply in replies} == {"session"}
    assert stack.http("GET", session_id)[0] == 200
    assert stack.http("GET", session_id)[0] == 429
    assert stack.send(connections[0], "getSession", sessionId=session_id)["code"] == "RATE_LIMITED"


def test_a_speaker_who_publishes_is_not_counted(stack: HandlerDriver, environment: Environment) -> None:
    environment(TIGHT)
    speaker, _ = stack.speaking(new_id("u"))
    types = [stack.send(speaker, "publish", data="x")["type"] for _ in range(3 * ALLOWED)]
    assert types == ["published"] * (3 * ALLOWED)
