"""Events as AWS documents them, recorded in tests/fixtures/events, with a test's own values put in.

Sources: API Gateway Developer Guide, "Use API Gateway Lambda authorizers" and "Set up an integration in a
WebSocket API"; Lambda Developer Guide, "Using AWS Lambda with API Gateway" (payload format 2.0).
"""

import json
from pathlib import Path
from typing import Any

Event = dict[str, Any]

FOLDER = Path(__file__).parents[1] / "fixtures" / "events"


def recorded(name: str) -> Event:
    return json.loads((FOLDER / f"{name}.json").read_text())


def _caller(event: Event, connection_id: str, subject: str | None, token_expires_at: int | None) -> Event:
    context = event["requestContext"]
    context["connectionId"] = connection_id
    authorizer = {"correlationId": f"correlation-{connection_id}", "principalId": subject or "anonymous"}
    if subject is not None:
        authorizer |= {"subject": subject}
    if token_expires_at is not None:
        authorizer |= {"tokenExpiresAt": str(token_expires_at)}
    context["authorizer"] = authorizer
    return event


def connect(connection_id: str, subject: str | None = None, token_expires_at: int | None = None) -> Event:
    return _caller(recorded("websocket_connect"), connection_id, subject, token_expires_at)


def disconnect(connection_id: str) -> Event:
    return _caller(recorded("websocket_disconnect"), connection_id, None, None)


def message(connection_id: str, subject: str | None, body: str) -> Event:
    event = _caller(recorded("websocket_message"), connection_id, subject, None)
    event["body"] = body
    return event


def handshake(headers: dict[str, str] | None = None, query: dict[str, str] | None = None) -> Event:
    """What the authorizer gets, with these headers beside the usual ones."""
    event = recorded("authorizer_request")
    for name, value in (headers or {}).items():
        event["headers"][name] = value
        event["multiValueHeaders"][name] = [value]
    event["queryStringParameters"] = query or {}
    return event


def http(
    method: str,
    *,
    session_id: str | None = None,
    subject: str | None = None,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> Event:
    event = recorded("http_request")
    context = event["requestContext"]
    context["http"]["method"] = method
    context["authorizer"] = {"jwt": {"claims": {"sub": subject}, "scopes": None}} if subject else {}
    event["body"] = body
    event["headers"] |= headers or {}
    if session_id is not None:
        event["pathParameters"] = {"sessionId": session_id}
    return event
