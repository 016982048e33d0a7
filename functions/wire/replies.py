"""The server's messages about a session, as the protocol writes them."""

from datetime import UTC, datetime
from typing import Any

from domain.model import EndReason, Replayed, Reset, Role, Session, Status
from domain.ports import Message


def iso_time(seconds: int) -> str:
    """Epoch seconds as the protocol writes times."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def session_created(session: Session, *, listeners: int = 0) -> Message:
    return {"type": "sessionCreated", **_owner_view(session, listeners)}


def session_resumed(session: Session, *, listeners: int, replay: Replayed | Reset | None) -> Message:
    """`replay` is none where the client gave no position."""
    return {"type": "sessionResumed", **_owner_view(session, listeners), **_replay_fields(replay)}


def session_joined(session: Session, *, target_language: str, replay: Replayed | Reset, now: int) -> Message:
    """Also of a session that is over: then with the reason, and what was missed of it."""
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
    """What getSession tells: nothing that a listener may not know."""
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
    """With the last position, by which a listener sees whether anything is missing."""
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


def connection_replaced(session: Session) -> Message:
    return {
        "type": "connectionReplaced",
        "sessionId": session.session_id,
        "generation": session.generation,
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
    }


def _owner_view(session: Session, listeners: int) -> dict[str, Any]:
    return {**_public_view(session, listeners), "generation": session.generation}


def _replay_fields(replay: Replayed | Reset | None) -> dict[str, Any]:
    if replay is None:
        return {}
    if isinstance(replay, Reset):
        return {"reset": True}
    return {"replayed": replay.count} | ({"more": True} if replay.more else {})
