"""From text to a checked message. The checks themselves are generated from the protocol's schema."""

import json
from typing import Any

from domain.errors import ErrorCode, InvalidFieldError, InvalidMessageError
from wire.schema_generated import InvalidMessage, validate, validate_body
from wire.validators import well_formed

MAX_REQUEST_ID = 64


def parse(text: str | None) -> dict[str, Any]:
    """The JSON object in `text`. Raises InvalidMessageError."""
    try:
        value = json.loads(text or "", parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidMessageError("The message is not JSON.") from error
    if not isinstance(value, dict):
        raise InvalidMessageError("The message is not a JSON object.")
    return value  # pyright: ignore[reportUnknownVariableType]


def request_id_of(message: dict[str, Any]) -> str | None:
    """The id to echo, also when the rest of the message is wrong."""
    value = message.get("requestId")
    if isinstance(value, str) and 0 < len(value) <= MAX_REQUEST_ID and well_formed(value):
        return value
    return None


def check(action: str, message: dict[str, Any]) -> None:
    """Raise the error that the first wrong field calls for."""
    try:
        validate(action, message)
    except InvalidMessage as wrong:
        raise InvalidFieldError(ErrorCode(wrong.code), wrong.message) from wrong


def check_body(name: str, body: dict[str, Any]) -> None:
    """The same for the body of an HTTP request."""
    try:
        validate_body(name, body)
    except InvalidMessage as wrong:
        raise InvalidFieldError(ErrorCode(wrong.code), wrong.message) from wrong


def check_session_id(session_id: str) -> str:
    """The id, if it has the form of one. Raises InvalidFieldError."""
    check("getSession", {"action": "getSession", "sessionId": session_id})
    return session_id


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
