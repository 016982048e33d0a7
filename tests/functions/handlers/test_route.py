"""What all WebSocket routes have in common: bad input, echoes, the handshake, the log."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as run_settings
from hypothesis import strategies as st

from tests.support import events
from tests.support.handler_driver import HANDLER_OF_ACTION, HandlerDriver
from tests.support.reliability import Figures, sized
from tests.support.session_driver import new_id
from wire.schema_generated import MESSAGES

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "INVALID_MESSAGE"),
        ("{", "INVALID_MESSAGE"),
        ("[]", "INVALID_MESSAGE"),
        ("null", "INVALID_MESSAGE"),
        ('{"requestId": "r"}', "INVALID_MESSAGE"),
        ('{"action": 5, "requestId": "r"}', "INVALID_MESSAGE"),
        ('{"action": "x", "n": NaN}', "INVALID_MESSAGE"),
        ("[" * 100_000, "INVALID_MESSAGE"),
        ('{"action": "dance", "requestId": "r"}', "UNKNOWN_ACTION"),
        ('{"action": "CreateSession"}', "UNKNOWN_ACTION"),
    ],
)
def test_a_message_without_a_route_gets_an_error_with_the_reason(
    stack: HandlerDriver, body: str, code: str
) -> None:
    reply = stack.send_text(new_id(), "unknown_action", body)
    assert (reply["type"], reply["code"]) == ("error", code)
    assert reply.get("requestId") == ("r" if '"r"' in body else None)


@pytest.mark.parametrize("request_id", ["", "r" * 65, 5, None, "\ud800"])
def test_an_invalid_request_id_is_not_echoed(stack: HandlerDriver, request_id: object) -> None:
    reply = stack.send(new_id(), "getSession", requestId=request_id)
    assert reply["code"] == "INVALID_MESSAGE"
    assert "requestId" not in reply


def test_the_handshake_accepts_our_subprotocol_and_repeats_no_token(stack: HandlerDriver) -> None:
    event = events.connect(new_id())
    event["multiValueHeaders"]["Sec-WebSocket-Protocol"] = ["websocket-sessions.v1, bearer.secret"]
    answer = stack.call("connect", event)
    assert answer == {
        "statusCode": 200,
        "headers": {"Sec-WebSocket-Protocol": "websocket-sessions.v1"},
    }
    del event["headers"]["Sec-WebSocket-Protocol"], event["multiValueHeaders"]["Sec-WebSocket-Protocol"]
    assert stack.call("connect", event) == {"statusCode": 200, "headers": {}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


NAMES = st.sampled_from(sorted({name for shape in MESSAGES.values() for name in shape.properties}))


LIKELY = st.sampled_from(["en", "standard", "brave-otter-100", "0badcafe", "active", 0, 1, 2**53 - 1])


MESSAGE = st.dictionaries(NAMES | st.text(max_size=8), LIKELY | JSON, max_size=6)


@pytest.mark.parametrize("action", [name for name in HANDLER_OF_ACTION if name != "refreshToken"])
@run_settings(
    max_examples=sized(40, 500),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(message=MESSAGE, anonymous=st.booleans())
def test_no_message_gives_an_internal_error(
    stack: HandlerDriver, figures: Figures, action: str, message: dict[str, Any], anonymous: bool
) -> None:
    figures.tried(1)
    connection_id = stack.connect(None if anonymous else "user")
    body = json.dumps({**message, "action": action})
    reply = stack.send_text(connection_id, HANDLER_OF_ACTION[action], body)
    assert reply["type"] != "error" or reply["code"] != "INTERNAL", (body, reply)


@run_settings(
    max_examples=sized(60, 2_300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.none() | st.text(max_size=50) | JSON.map(json.dumps))
def test_no_body_gives_an_internal_error(stack: HandlerDriver, figures: Figures, body: str | None) -> None:
    event = events.message("connection", "user", "")
    event["body"] = body
    for handler in ("unknown_action", "create_session", "join_session"):
        figures.tried(1)
        reply = json.loads(stack.call(handler, event)["body"])
        assert reply["code"] != "INTERNAL"


def test_an_unexpected_failure_is_internal_and_its_text_is_not_sent(
    stack: HandlerDriver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speaker = stack.connect("user")
    monkeypatch.delenv("SESSIONS_TABLE")
    reply = stack.send(speaker, "createSession", sourceLanguage="en", quality="standard", requestId="r")
    assert (reply["code"], reply["requestId"]) == ("INTERNAL", "r")
    assert set(reply) == {"type", "code", "message", "requestId"}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (failed,) = (line for line in lines if line.get("message") == "failed")
    assert failed["kinds"] == ["KeyError"]
    assert "SESSIONS_TABLE" not in json.dumps(failed)
