"""Bad input gets its own error code, never a stack trace, and leaves nothing half written."""

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.e2e.deployment import Deployment, User
from tests.e2e.test_http import call
from tests.support.reliability import Figures
from tools.dev_stack.push_client import ANSWER_SECONDS
from tools.dev_stack.session_client import PROTOCOL, SessionClient

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
CREATE = {"action": "createSession", "sourceLanguage": "en", "quality": "standard"}
JOIN = {"action": "joinSession", "sessionId": "caring-king-275", "targetLanguage": "es"}
TRACES = ("Traceback", "botocore", "File ", "Exception", "errorMessage", "stackTrace")

BAD_MESSAGES: list[tuple[str, str]] = [
    ("{", "INVALID_MESSAGE"),
    ("", "INVALID_MESSAGE"),
    ("[]", "INVALID_MESSAGE"),
    ('"createSession"', "INVALID_MESSAGE"),
    (json.dumps({"action": "noSuchAction"}), "UNKNOWN_ACTION"),
    (json.dumps({"action": 7}), "INVALID_MESSAGE"),
    (json.dumps(CREATE | {"sourceLanguage": 7}), "INVALID_LANGUAGE"),
    (json.dumps(CREATE | {"sourceLanguage": "english"}), "INVALID_LANGUAGE"),
    (json.dumps(CREATE | {"sourceLanguage": "tlh"}), "INVALID_LANGUAGE"),
    (json.dumps(CREATE | {"sourceLanguage": "zu"}), "UNSUPPORTED_LANGUAGE"),
    (json.dumps(CREATE | {"quality": "best"}), "INVALID_QUALITY"),
    (json.dumps(CREATE | {"quality": None}), "INVALID_QUALITY"),
    (json.dumps(CREATE | {"colour": "red"}), "INVALID_MESSAGE"),
    (json.dumps(CREATE | {"requestId": "x" * 65}), "INVALID_MESSAGE"),
    (json.dumps({"action": "createSession"}), "INVALID_MESSAGE"),
    (json.dumps(JOIN), "SESSION_NOT_FOUND"),
    (json.dumps(JOIN | {"sessionId": "CARING-KING-275"}), "INVALID_SESSION_ID"),
    (json.dumps(JOIN | {"sessionId": ["caring-king-275"]}), "INVALID_SESSION_ID"),
    (json.dumps(JOIN | {"offset": 1}), "INVALID_MESSAGE"),
    (json.dumps({"action": "resumeSession", "sessionId": "caring-king-275"}), "SESSION_NOT_FOUND"),
    (json.dumps({"action": "getSession", "sessionId": "caring-king-275"}), "SESSION_NOT_FOUND"),
    (json.dumps({"action": "publish", "data": 7}), "INVALID_MESSAGE"),
    (json.dumps({"action": "publish", "data": "x"}), "FORBIDDEN"),
    (json.dumps({"action": "updateSession"}), "INVALID_MESSAGE"),
    (json.dumps({"action": "refreshToken", "token": "not.a.token"}), "UNAUTHORIZED"),
]


async def answer(client: SessionClient, text: str) -> dict[str, Any]:
    """Send a frame and return the error that comes back, which must not show the server's insides."""
    await client.send_text(text)
    message = await client.push("error")
    shown = json.dumps(message)
    assert not any(trace in shown for trace in TRACES), shown
    return message


@pytest.mark.parametrize(("text", "code"), BAD_MESSAGES, ids=lambda value: str(value)[:60])
async def test_a_bad_message_gets_its_own_code(
    deployment: Deployment, speaker_user: User, figures: Figures, text: str, code: str
) -> None:
    figures.tried(1)
    async with await deployment.connect(speaker_user) as client:
        assert (await answer(client, text))["code"] == code
        await assert_not_attached(client)


async def assert_not_attached(client: SessionClient) -> None:
    """A refused message leaves the connection free to make a session of its own."""
    created = await client.request("createSession", sourceLanguage="en", quality="standard")
    assert created["listeners"] == 0
    await client.request("endSession")


async def test_an_anonymous_connection_may_not_speak(deployment: Deployment) -> None:
    async with await deployment.connect() as client:
        assert (await answer(client, json.dumps(CREATE)))["code"] == "UNAUTHORIZED"


def bad_tokens(token: str) -> Iterator[str]:
    """Tokens that must be refused, never taken for anonymous."""
    header, payload, signature = token.split(".")
    head, claims = decoded(header), decoded(payload)
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    yield "not-a-token"
    yield "..."
    yield secrets.token_urlsafe(64)
    yield secrets.token_urlsafe(1_500)
    yield f"{header}.{payload}"
    yield f"{header}.{payload}."
    yield f"{header}.{payload}.{signature[::-1]}"
    yield f"{header}.{payload}.{signature[:-8]}"
    yield f"{header}.{payload}.{signature}.{signature}"
    yield f"{payload}.{header}.{signature}"
    for algorithm in ("none", "None", "HS256", "RS384", "PS256", "ES256"):
        yield f"{encoded({**head, 'alg': algorithm})}.{payload}.{signature}"
    yield f"{encoded({**head, 'alg': 'none'})}.{payload}."
    yield f"{encoded({'alg': 'RS256'})}.{payload}.{signature}"
    yield f"{encoded({**head, 'kid': 'another'})}.{payload}.{signature}"
    for change in ({"sub": "another"}, {"exp": claims["exp"] + 86_400}, {"aud": "x", "client_id": "x"}):
        yield f"{header}.{encoded({**claims, **change})}.{signature}"
        yield jwt.encode({**claims, **change}, own, algorithm="RS256", headers=head)
    yield jwt.encode(claims, own, algorithm="RS256", headers=head)
    secret = "a secret of thirty-two characters"
    yield jwt.encode(claims, secret, algorithm="HS256", headers={"kid": head["kid"]})


def decoded(part: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("place", ["subprotocol", "header", "query"])
async def test_a_bad_token_is_refused_at_the_handshake(
    deployment: Deployment, speaker_user: User, figures: Figures, place: str
) -> None:
    url = deployment.config["webSocketUrl"]
    for token in bad_tokens(speaker_user.token):
        address = f"{url}?token={token}" if place == "query" else url
        options: dict[str, Any] = {
            "subprotocol": {"subprotocols": [PROTOCOL, f"bearer.{token}"]},
            "header": {"additional_headers": {"Authorization": f"Bearer {token}"}},
            "query": {},
        }[place]
        with pytest.raises(InvalidStatus) as refused:
            await connect(address, compression=None, open_timeout=ANSWER_SECONDS, **options)
        assert refused.value.response.status_code in {401, 403}
        figures.tried(1)


def test_a_bad_token_is_refused_over_http(
    deployment: Deployment, speaker_user: User, figures: Figures
) -> None:
    for token in bad_tokens(speaker_user.token):
        status, _ = call(deployment, "POST", "/sessions", body=CREATE, Authorization=f"Bearer {token}")
        assert status == 401, token
        figures.tried(1)
