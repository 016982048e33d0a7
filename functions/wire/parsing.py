"""Parses text into a checked message. The checks are generated from the protocol's schema."""

import json
from typing import Any

from domain.errors import ErrorCode, InvalidFieldError, InvalidMessageError
from wire.schema_generated import InvalidMessage, validate, validate_body
from wire.validators import well_formed

MAX_REQUEST_ID_CHARACTERS = 64


def parse(text: str | None) -> dict[str, Any]:
    """Return the JSON object in `text`. Raises InvalidMessageError."""
    try:
        value = json.loads(text or "", parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidMessageError("The message is not JSON.") from error
    if not isinstance(value, dict):
        raise InvalidMessageError("The message is not a JSON object.")
    return value  # pyright: ignore[reportUnknownVariableType]


def request_id_of(message: dict[str, Any]) -> str | None:
    """Return the request id to echo, even if the rest of the message is invalid, or None."""
    value = message.get("requestId")
    if isinstance(value, str) and 0 < len(value) <= MAX_REQUEST_ID_CHARACTERS and well_formed(value):
        return value
    return None


def check(action: str, message: dict[str, Any]) -> None:
    """Check a message. Raises InvalidFieldError for the first invalid field."""
    try:
        validate(action, message)
    except InvalidMessage as wrong:
        raise InvalidFieldError(ErrorCode(wrong.code), wrong.message) from wrong


def check_body(name: str, body: dict[str, Any]) -> None:
    """Check the body of an HTTP request in the same way."""
    try:
        validate_body(name, body)
    except InvalidMessage as wrong:
        raise InvalidFieldError(ErrorCode(wrong.code), wrong.message) from wrong


def check_session_id(session_id: str) -> str:
    """Return a well-formed session id. Raises InvalidFieldError."""
    check("getSession", {"action": "getSession", "sessionId": session_id})
    return session_id


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
