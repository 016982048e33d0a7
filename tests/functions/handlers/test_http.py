"""The HTTP side: its statuses, its errors, and sessions made on one side and used on the other."""

import json
from typing import Any

import pytest

from domain.digest import short_digest
from domain.settings import Limits, Settings
from tests.functions.conftest import Environment
from tests.support import events
from tests.support.handler_driver import HandlerDriver, cold_start
from tests.support.lambda_context import LambdaContext
from tests.support.session_driver import new_id

pytestmark = pytest.mark.emulator

NEW = {"sourceLanguage": "en", "quality": "standard"}


def test_a_session_created_over_http_is_resumed_over_a_websocket_and_ended_over_http(
    stack: HandlerDriver,
) -> None:
    user = new_id("u")
    status, made = stack.http("POST", subject=user, body=NEW)
    assert (status, made["generation"], made["status"]) == (201, 0, "active")
    assert "type" not in made
    session_id = made["sessionId"]
    speaker = stack.connect(user)
    assert stack.send(speaker, "resumeSession", sessionId=session_id)["generation"] == 1
    status, updated = stack.http("PATCH", session_id, subject=user, body={"status": "paused"})
    assert (status, updated) == (
        200,
        {"sessionId": session_id, "status": "paused", "quality": "standard", "version": 3},
    )
    assert stack.send(speaker, "getSession")["status"] == "paused"
    assert stack.http("DELETE", session_id, subject=user) == (
        200,
        {"sessionId": session_id, "reason": "ended", "epoch": made["epoch"], "offset": 0},
    )
    assert stack.http("GET", session_id)[1]["status"] == "ended"


def test_a_session_created_over_a_websocket_is_read_and_changed_over_http(stack: HandlerDriver) -> None:
    user = new_id("u")
    _, session_id = stack.speaking(user)
    status, shown = stack.http("GET", session_id)
    assert (status, shown["sessionId"], shown["listeners"]) == (200, session_id, 0)
    assert "generation" not in shown
    assert stack.http("PATCH", session_id, subject=user, body={"quality": "premium"})[0] == 200


def test_the_same_idempotency_key_gets_the_same_session_on_both_sides(stack: HandlerDriver) -> None:
    user = new_id("u")
    headers = {"Idempotency-Key": "once"}
    first = stack.http("POST", subject=user, body=NEW, headers=headers)
    assert stack.http("POST", subject=user, body=NEW, headers=headers) == first
    speaker = stack.connect(user)
    reply = stack.send(speaker, "createSession", **NEW, requestId="once")
    assert (reply["sessionId"], reply["generation"]) == (first[1]["sessionId"], 1)


@pytest.mark.parametrize(
    ("method", "session_id", "subject", "body", "status", "code"),
    [
        ("POST", None, None, NEW, 401, "UNAUTHORIZED"),
        ("POST", None, "user", {}, 400, "INVALID_MESSAGE"),
        ("POST", None, "user", [], 400, "INVALID_MESSAGE"),
        ("POST", None, "user", {**NEW, "more": 1}, 400, "INVALID_MESSAGE"),
        ("POST", None, "user", {**NEW, "sourceLanguage": "xx"}, 400, "INVALID_LANGUAGE"),
        ("POST", None, "user", {**NEW, "sourceLanguage": "sv"}, 400, "UNSUPPORTED_LANGUAGE"),
        ("POST", None, "user", {**NEW, "quality": "best"}, 400, "INVALID_QUALITY"),
        ("GET", "brave-otter-100", None, None, 404, "SESSION_NOT_FOUND"),
        ("GET", "Brave Otter", None, None, 400, "INVALID_SESSION_ID"),
        ("PATCH", "brave-otter-100", "user", {"quality": "premium"}, 404, "SESSION_NOT_FOUND"),
        ("PATCH", "brave-otter-100", "user", {"status": "ended"}, 400, "INVALID_MESSAGE"),
        ("PATCH", "brave-otter-100", None, {"quality": "premium"}, 401, "UNAUTHORIZED"),
        ("DELETE", "brave-otter-100", "user", None, 404, "SESSION_NOT_FOUND"),
        ("DELETE", "brave-otter-100", None, None, 401, "UNAUTHORIZED"),
    ],
)
def test_errors_are_problems_with_a_code(
    stack: HandlerDriver,
    method: str,
    session_id: str | None,
    subject: str | None,
    body: object,
    status: int,
    code: str,
) -> None:
    answered, problem = stack.http(method, session_id, subject=subject, body=body)
    assert (answered, problem["status"], problem["code"]) == (status, status, code)
    assert set(problem) == {"type", "title", "status", "detail", "code"}


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"quality": "premium"}), ("DELETE", None)])
def test_another_user_is_forbidden(stack: HandlerDriver, method: str, body: object) -> None:
    _, session_id = stack.speaking(new_id("u"))
    assert stack.http(method, session_id, subject="other", body=body)[0] == 403


def test_get_needs_a_user_if_the_stack_allows_no_anonymous_listeners(
    stack: HandlerDriver, environment: Environment
) -> None:
    _, session_id = stack.speaking(new_id("u"))
    environment(Settings(allow_anonymous=False))
    handler = cold_start("http_get_session")
    assert handler(events.http("GET", session_id=session_id), LambdaContext())["statusCode"] == 401
    answer = handler(events.http("GET", session_id=session_id, subject="anyone"), LambdaContext())
    assert answer["statusCode"] == 200


def test_log_lines_distinguish_users_and_have_no_address_in_any_form(
    stack: HandlerDriver, capsys: pytest.CaptureFixture[str]
) -> None:
    """All addresses can be tried in minutes, so that a digest of one hides nothing; a user's id is random."""
    event = events.http("GET", session_id="brave-otter-100")
    address = event["requestContext"]["http"]["sourceIp"]
    user = new_id("u")
    stack.http("GET", "brave-otter-100")
    stack.http("DELETE", "brave-otter-100", subject=user)
    written = capsys.readouterr().out
    assert address not in written
    assert short_digest(address) not in written
    assert short_digest(user) in written
    assert user not in written


@pytest.mark.parametrize("key", ["", "k" * 65])
def test_an_idempotency_key_that_is_an_invalid_request_id_is_refused(stack: HandlerDriver, key: str) -> None:
    status, _ = stack.http("POST", subject="user", body=NEW, headers={"idempotency-key": key})
    assert status == 400


def test_a_body_in_base64_is_read_and_a_broken_one_refused(stack: HandlerDriver) -> None:
    event: dict[str, Any] = events.http("POST", subject=new_id("u"), body="eyJxdWFsaXR5IjogInN0YW5kYXJkIn0=")
    event["isBase64Encoded"] = True
    assert "sourceLanguage is required" in stack.call("http_create_session", event)["body"]
    event["body"] = "/w=="
    assert stack.call("http_create_session", event)["statusCode"] == 400


def test_a_request_over_the_limit_gets_429_and_the_time_to_retry(
    stack: HandlerDriver, environment: Environment
) -> None:
    environment(Settings(limits=Limits(sessions_per_hour=1)))
    user = new_id("u")
    assert stack.http("POST", subject=user, body=NEW)[0] == 201
    event = events.http("POST", subject=user, body='{"sourceLanguage": "en", "quality": "standard"}')
    answer = stack.call("http_create_session", event)
    assert answer["statusCode"] == 429
    assert 0 < int(answer["headers"]["Retry-After"]) <= 3600


@pytest.mark.parametrize("token_use", ["refresh", "", "access id"])
def test_a_token_of_another_use_than_id_and_access_is_refused(stack: HandlerDriver, token_use: str) -> None:
    event = events.http("POST", subject=new_id("u"), body=json.dumps(NEW))
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    for accepted in ("id", "access"):
        claims["token_use"] = accepted
        assert stack.call("http_create_session", event)["statusCode"] == 201
    claims["token_use"] = token_use
    assert stack.call("http_create_session", event)["statusCode"] == 401
