"""Reads a WebSocket event: its connection, its sender and its message."""

from dataclasses import dataclass
from typing import Any

from domain.digest import short_digest
from domain.message_log import Body
from domain.model import Caller, Change, Position, Status
from wire.parsing import request_id_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A message, connect or disconnect. `message` is empty if the event has no valid body."""

    connection_id: str
    subject: str | None
    token_expires_at: int | None
    """As of the connect. The connection's record has later tokens."""
    address: str
    correlation_id: str
    connected_at_ms: int
    received_at_ms: int | None
    """When API Gateway received the message."""
    message: dict[str, Any]
    request_id: str | None = None

    @property
    def caller(self) -> Caller:
        return Caller(connection_id=self.connection_id, subject=self.subject, address=self.address)


def read_request(event: dict[str, Any], message: dict[str, Any]) -> Request:
    """Return the request of an event.

    Source of the fields: API Gateway Developer Guide, "$context variables for WebSocket APIs".
    """
    context = event["requestContext"]
    authorizer: dict[str, Any] = context.get("authorizer") or {}
    expires = authorizer.get("tokenExpiresAt")
    connection_id = context["connectionId"]
    return Request(
        connection_id=connection_id,
        subject=authorizer.get("subject") or None,
        token_expires_at=int(expires) if expires else None,
        address=address_of(context),
        correlation_id=authorizer.get("correlationId") or short_digest(connection_id),
        connected_at_ms=int(context.get("connectedAt", 0)),
        received_at_ms=context.get("requestTimeEpoch"),
        message=message,
        request_id=request_id_of(message),
    )


def address_of(context: dict[str, Any]) -> str:
    """Return the digest of the client's address."""
    identity: dict[str, str] = context.get("identity") or {}
    return short_digest(identity.get("sourceIp", ""))


def position_of(message: dict[str, Any]) -> Position | None:
    """Return the position that a checked message recovers from, or None."""
    if "epoch" not in message:
        return None
    return Position(epoch=message["epoch"], offset=message["offset"])


def change_of(message: dict[str, Any]) -> Change:
    """Return the change that a checked message or body asks for."""
    status = message.get("status")
    return Change(
        status=Status(status) if status else None,
        quality=message.get("quality"),
        muted=message.get("muted"),
    )


def body_of(message: dict[str, Any]) -> Body:
    """Return the body that a checked `publish` sends. Its data may be invalid base64."""
    encoding: str = message.get("encoding", "utf8")
    default_type = "text/plain" if encoding == "utf8" else "application/octet-stream"
    return Body(
        data=message["data"], content_type=message.get("contentType", default_type), encoding=encoding
    )


def target_languages_of(message: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the languages that a checked `publish` is for, or None for all."""
    languages: list[str] | None = message.get("targetLanguages")
    return None if languages is None else tuple(languages)
