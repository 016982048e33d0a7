"""The authorizer of $connect: where it finds a token, and the policy that it returns."""

import time
from typing import Any

import pytest

from tests.support import events
from tests.support.handler_driver import cold_start
from tests.support.lambda_context import LambdaContext
from tests.support.session_driver import CLIENT, ISSUER
from tests.support.signing_keys import POOL, claims


@pytest.fixture
def authorizer(jwks_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("JWKS_URL", jwks_url)
    monkeypatch.setenv("TOKEN_ISSUER", ISSUER)
    monkeypatch.setenv("TOKEN_AUDIENCE", CLIENT)
    monkeypatch.setenv("ISSUER_KIND", "cognito")
    monkeypatch.setenv("SETTINGS", "{}")
    return cold_start("authorize")


def effect(answer: dict[str, Any]) -> str:
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Resource"].endswith("/prod/$connect")
    return statement["Effect"]


def valid_token() -> str:
    return POOL.sign(claims(int(time.time())))


@pytest.mark.parametrize("form", ["subprotocol", "header", "query"])
def test_a_valid_token_is_allowed_in_each_form(authorizer: Any, form: str) -> None:
    token = valid_token()
    event = {
        "subprotocol": events.handshake({"Sec-WebSocket-Protocol": f"websocket-sessions.v1, bearer.{token}"}),
        "header": events.handshake({"authorization": f"Bearer {token}"}),
        "query": events.handshake(query={"token": token}),
    }[form]
    answer = authorizer(event, LambdaContext())
    assert effect(answer) == "Allow"
    assert answer["context"]["subject"] == answer["principalId"] == claims(0)["sub"]
    assert int(answer["context"]["tokenExpiresAt"]) > time.time()
    assert all(isinstance(value, str) for value in answer["context"].values())


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Authorization": ""}, {}),
        ({"Authorization": " "}, {}),
        ({"Authorization": "Bearer "}, {}),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, {}),
        ({"Sec-WebSocket-Protocol": "websocket-sessions.v1, bearer."}, {}),
        ({}, {"token": ""}),
        ({}, {"token": "x"}),
    ],
)
def test_an_invalid_token_is_never_treated_as_anonymous_access(
    authorizer: Any, headers: dict[str, str], query: dict[str, str]
) -> None:
    assert effect(authorizer(events.handshake(headers, query), LambdaContext())) == "Deny"


def test_without_a_token_the_caller_is_anonymous(authorizer: Any) -> None:
    answer = authorizer(events.handshake(), LambdaContext())
    assert effect(answer) == "Allow"
    assert set(answer["context"]) == {"correlationId"}


def test_keys_that_cannot_be_fetched_deny(monkeypatch: pytest.MonkeyPatch, authorizer: Any) -> None:
    assert authorizer
    monkeypatch.setenv("JWKS_URL", "http://127.0.0.1:9/jwks.json")
    answer = cold_start("authorize")(events.handshake(query={"token": valid_token()}), LambdaContext())
    assert effect(answer) == "Deny"
