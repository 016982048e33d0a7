"""The replies of the protocol, and the pushes of the same form (`sessionUpdated`, `sessionEnded`)."""

from http import HTTPStatus
from typing import Any

from domain.errors import SessionError
from domain.model import EndReason, Replayed, Reset, Role, Session, Status
from domain.ports import Message
from wire.pushes import iso_time
from wire.schema_generated import ERRORS


def session_created(session: Session, *, listeners: int = 0) -> Message:
    return {"type": "sessionCreated", **_owner_view(session, listeners)}


def session_resumed(session: Session, *, listeners: int, replay: Replayed | Reset | None) -> Message:
    """Return sessionResumed. `replay` is None if the client gave no position."""
    return {"type": "sessionResumed", **_owner_view(session, listeners), **_replay_fields(replay)}


def session_joined(session: Session, *, target_language: str, replay: Replayed | Reset, now: int) -> Message:
    """Return sessionJoined. A session that has ended has the reason as well."""
    reason = session.ended_because(now)
    return {
        "type": "sessionJoined",
        "sessionId": session.session_id,
        "status": Status.ENDED.value if reason else session.status.value,
        "sourceLanguage": session.source_language,
        "targetLanguage": target_language,
        "quality": session.quality,
        "version": session.version,
        "epoch": session.epoch,
        "offset": session.head,
        **({"endReason": reason.value} if reason else {}),
        **_replay_fields(replay),
    }


def session_view(session: Session, *, listeners: int, role: Role | None, now: int) -> Message:
    """Return session, which has only what a listener may know."""
    view: Message = {"type": "session", **_public_view(session, listeners)}
    if session.ended_because(now):
        view["status"] = Status.ENDED.value
    if role is not None:
        view["role"] = role.value
    return view


def session_updated(session: Session) -> Message:
    return {
        "type": "sessionUpdated",
        "sessionId": session.session_id,
        "status": session.status.value,
        "quality": session.quality,
        "version": session.version,
    }


def session_ended(session: Session, reason: EndReason) -> Message:
    """Return sessionEnded with the last position, which shows a listener whether messages are missing."""
    return {
        "type": "sessionEnded",
        "sessionId": session.session_id,
        "reason": reason.value,
        "epoch": session.epoch,
        "offset": session.head,
    }


def session_left(session_id: str) -> Message:
    return {"type": "sessionLeft", "sessionId": session_id}


def token_refreshed(expires_at: int) -> Message:
    return {"type": "tokenRefreshed", "expiresAt": iso_time(expires_at)}


def heartbeat_ack(now: int, connected_at_ms: int) -> Message:
    return {"type": "heartbeatAck", "serverTime": now * 1000, "connectedAt": connected_at_ms}


def published(session: Session) -> Message:
    return {"type": "published", "sessionId": session.session_id, "offset": session.head}


def error_reply(error: SessionError) -> Message:
    reply: Message = {"type": "error", "code": str(error.code), "message": error.message}
    if error.retry_after is not None:
        reply["retryAfter"] = error.retry_after
    return reply


def http_status(error: SessionError) -> int:
    """Return the HTTP status of the error's code."""
    return ERRORS[error.code][0]


def problem(error: SessionError) -> dict[str, Any]:
    """Return the problem+json document (RFC 9457) of an error. Its `status` is the response's."""
    status = http_status(error)
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message,
        "code": str(error.code),
    }
    if error.retry_after is not None:
        document["retryAfter"] = error.retry_after
    return document


def _public_view(session: Session, listeners: int) -> dict[str, Any]:
    return {
        "sessionId": session.session_id,
        "status": session.status.value,
        "sourceLanguage": session.source_language,
        "quality": session.quality,
        "version": session.version,
        "epoch": session.epoch,
        "offset": session.head,
        "listeners": listeners,
        "maxListeners": session.capacity,
        "createdAt": iso_time(session.created_at),
        "expiresAt": iso_time(session.expires_at),
    }


def _owner_view(session: Session, listeners: int) -> dict[str, Any]:
    return {**_public_view(session, listeners), "generation": session.generation}


def _replay_fields(replay: Replayed | Reset | None) -> dict[str, Any]:
    if replay is None:
        return {}
    if isinstance(replay, Reset):
        return {"reset": True}
    return {"replayed": replay.count} | ({"more": True} if replay.more else {})
