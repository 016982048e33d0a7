"""The handler of the channel's authorizer: AppSync's event, its answer, and what it writes down."""

import time
from typing import Any

import pytest

from domain.channel import ChannelTokens
from domain.digest import derived_key, use_key
from tests.support.handler_driver import HandlerDriver
from tests.support.session_driver import new_id

NAME = "/sessions/caring-king-275/es"
DENIED, ALLOWED = ({"isAuthorized": is_allowed, "ttlOverride": 0} for is_allowed in (False, True))


@pytest.fixture
def token(stack: HandlerDriver, monkeypatch: pytest.MonkeyPatch) -> str:
    """A token as another function of the same stack issues it now."""
    monkeypatch.setenv("DIGEST_KEY", "key of a stack")
    use_key("key of a stack")
    try:
        issued = ChannelTokens(derived_key("channel tokens"), lambda: int(time.time())).issue(
            NAME, address=new_id("address"), connection=new_id()
        )
        stack.call("authorize_channel", requested("EVENT_CONNECT", None))
    finally:
        use_key("")
    return issued


def requested(operation: str, token: str | None, channel: str | None = None) -> dict[str, Any]:
    """Return AppSync's event."""
    event: dict[str, Any] = {
        "requestContext": {
            "apiId": "a6dpdwrvd5hhlhmqv7qhqk3sb4",
            "accountId": "123456789012",
            "requestId": "977770e4-6a2f-4f16-9bf8-3f4c5e0b1a37",
            "operation": operation,
            "channelNamespaceName": "sessions",
        },
        "requestHeaders": {"host": "a6dpdwrvd5hhlhmqv7qhqk3sb4.appsync-api.eu-central-1.amazonaws.com"},
    }
    if token is not None:
        event["authorizationToken"] = token
    if channel is not None:
        event["requestContext"]["channel"] = channel
    return event


@pytest.mark.emulator
def test_a_token_of_the_stack_connects_and_subscribes(stack: HandlerDriver, token: str) -> None:
    assert stack.call("authorize_channel", requested("EVENT_CONNECT", token)) == ALLOWED
    assert stack.call("authorize_channel", requested("EVENT_SUBSCRIBE", token, NAME)) == ALLOWED


@pytest.mark.emulator
def test_everything_else_is_denied(stack: HandlerDriver, token: str) -> None:
    no_operation: dict[str, Any] = {"requestContext": {}}
    for event in (
        no_operation,
        requested("EVENT_SUBSCRIBE", token, "/sessions/*"),
        requested("EVENT_SUBSCRIBE", token, "/sessions/caring-king-275/fr"),
        requested("EVENT_SUBSCRIBE", token),
        requested("EVENT_PUBLISH", token, NAME),
        requested("EVENT_SUBSCRIBE", token + "x", NAME),
        requested("EVENT_CONNECT", "x"),
        requested("EVENT_CONNECT", None),
    ):
        assert stack.call("authorize_channel", event) == DENIED


@pytest.mark.emulator
def test_no_log_line_has_a_token_or_a_channel(
    stack: HandlerDriver, token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    for event in (
        requested("EVENT_CONNECT", token),
        requested("EVENT_SUBSCRIBE", token, NAME),
        requested("EVENT_SUBSCRIBE", token, "/sessions/*"),
        requested("EVENT_SUBSCRIBE", token[:-1], NAME),
    ):
        stack.call("authorize_channel", event)
    out = capsys.readouterr().out
    assert out.count("answered") == out.count("refused") == 2
    assert "977770e4-6a2f-4f16-9bf8-3f4c5e0b1a37" in out
    for secret in (token, *token.split("."), "caring-king-275"):
        assert secret not in out


@pytest.mark.emulator
def test_without_the_key_of_the_stack_the_function_does_not_start(
    stack: HandlerDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIGEST_KEY", raising=False)
    with pytest.raises(ValueError, match="DIGEST_KEY is not set"):
        stack.call("authorize_channel", requested("EVENT_CONNECT", "x"))
