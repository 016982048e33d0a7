"""The replies of the protocol. wire/pushes.py has those that are pushes as well."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from domain.errors import SessionError
from domain.events import (
    Published,
    SessionCreated,
    SessionJoined,
    SessionLeft,
    SessionResumed,
    SessionView,
    TokenRefreshed,
)
from domain.model import Replayed, Reset, Session, Status
from wire.pushes import Message, iso_time, speaker_fields
from wire.schema_generated import ERRORS

if TYPE_CHECKING:
    from domain.channel import ChannelOffer


def session_created(result: SessionCreated) -> Message:
    return {"type": "sessionCreated", **_owner_view(result.session, result.listeners)}


def session_resumed(result: SessionResumed) -> Message:
    return {
        "type": "sessionResumed",
        **_owner_view(result.session, result.listeners),
        **_replay_fields(result.replay),
    }


def session_joined(result: SessionJoined) -> Message:
    session, reason = result.session, result.end_reason
    return {
        "type": "sessionJoined",
        "sessionId": session.session_id,
        "status": Status.ENDED.value if reason else session.status.value,
        "sourceLanguage": session.source_language,
        "targetLanguage": result.target_language,
        "quality": session.quality,
        "version": session.version,
        "epoch": session.epoch,
        "offset": session.head,
        **({} if reason else speaker_fields(session)),
        **({"endReason": reason.value} if reason else {}),
        **_replay_fields(result.replay),
        **({"channel": _channel_offer(result.channel)} if result.channel else {}),
        **({"onChannel": True} if result.on_channel else {}),
    }


def session_view(result: SessionView) -> Message:
    """Return session, which has only what a listener may know."""
    view: Message = {"type": "session", **_public_view(result.session, result.listeners)}
    if result.end_reason is not None:
        view["status"] = Status.ENDED.value
        view.pop("graceEndsAt", None)
    if result.role is not None:
        view["role"] = result.role.value
    return view


def session_left(result: SessionLeft) -> Message:
    return {"type": "sessionLeft", "sessionId": result.session_id}


def token_refreshed(result: TokenRefreshed) -> Message:
    return {"type": "tokenRefreshed", "expiresAt": iso_time(result.expires_at)}


def heartbeat_ack(now: int, connected_at_ms: int) -> Message:
    return {"type": "heartbeatAck", "serverTime": now * 1000, "connectedAt": connected_at_ms}


def published(result: Published) -> Message:
    return {"type": "published", "sessionId": result.session_id, "offset": result.offset}


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


def _channel_offer(offer: "ChannelOffer") -> dict[str, Any]:
    return {
        "service": "appSyncEvents",
        "url": offer.url,
        "host": offer.host,
        "name": offer.name,
        "authorization": offer.authorization,
    }


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
        **speaker_fields(session),
    }


def _owner_view(session: Session, listeners: int) -> dict[str, Any]:
    return {**_public_view(session, listeners), "generation": session.generation}


def _replay_fields(replay: Replayed | Reset | None) -> dict[str, Any]:
    if replay is None:
        return {}
    if isinstance(replay, Reset):
        return {"reset": True}
    return {"replayed": replay.count} | ({"more": True} if replay.more else {})
