"""Items of the sessions table, and the conditional writes on them."""

import hashlib
from typing import Any

from adapters.dynamodb.client import table
from adapters.dynamodb.values import Scalar, Values, to_item, to_value
from adapters.dynamodb.writes import Write, put, update
from domain.model import AsOwner, AsSpeaker, Attachment, Authority, Change, EndReason, Session, Status
from domain.ports import Part

DUE_SHARDS = 16
"""Partitions of the `due` indexes: no single one takes all the writes, and a run reads them all."""

OPEN = "attribute_exists(sessionId) AND #status <> :ended"
RUNNING = f"{OPEN} AND expiresAt > :now AND (attribute_not_exists(graceUntil) OR graceUntil > :now)"


def due_shard(key: str) -> str:
    """The partition of the `due` index that this session or connection is in."""
    return str(hashlib.sha256(key.encode()).digest()[0] % DUE_SHARDS)


def session_table() -> str:
    return table("SESSIONS_TABLE")


def session_key(session_id: str) -> Values:
    return {"sessionId": to_value(session_id)}


def session_item(session: Session) -> Values:
    return to_item(
        {
            "sessionId": session.session_id,
            "ownerId": session.owner_id,
            "status": session.status.value,
            "sourceLanguage": session.source_language,
            "quality": session.quality,
            "capacity": session.capacity,
            "shards": session.shards,
            "epoch": session.epoch,
            "head": session.head,
            "generation": session.generation,
            "createdAt": session.created_at,
            "expiresAt": session.expires_at,
            "ttl": session.ttl,
            "speakerConnectionId": session.speaker_connection_id,
            "graceUntil": session.grace_until,
            "endedAt": session.ended_at,
            "endReason": session.end_reason and session.end_reason.value,
            "version": session.version,
            "attachKey": session.attach_key,
            "rateWindow": session.rate_window,
            "rateCount": session.rate_count,
            "dueShard": due_shard(session.session_id),
            "dueAt": session.due_at,
        }
    )


def to_session(item: dict[str, Any]) -> Session:
    reason = item.get("endReason")
    return Session(
        session_id=item["sessionId"],
        owner_id=item["ownerId"],
        status=Status(item["status"]),
        source_language=item["sourceLanguage"],
        quality=item["quality"],
        capacity=item["capacity"],
        shards=item["shards"],
        epoch=item["epoch"],
        head=item["head"],
        generation=item["generation"],
        created_at=item["createdAt"],
        expires_at=item["expiresAt"],
        ttl=item["ttl"],
        speaker_connection_id=item.get("speakerConnectionId"),
        grace_until=item.get("graceUntil"),
        ended_at=item.get("endedAt"),
        end_reason=EndReason(reason) if reason else None,
        version=item["version"],
        attach_key=item.get("attachKey"),
        rate_window=item["rateWindow"],
        rate_count=item["rateCount"],
    )


def put_session(session: Session) -> Write:
    """A new session, if its id is free."""
    return put(
        Part.SESSION,
        session_table(),
        session_item(session),
        condition="attribute_not_exists(sessionId)",
        decode=to_session,
    )


def update_session(session_id: str, expression: str, condition: str, values: dict[str, Scalar]) -> Write:
    """Some attributes of a session. `:ended` is always there for the condition, which names it."""
    return update(
        Part.SESSION,
        session_table(),
        session_key(session_id),
        expression,
        condition=condition,
        values=values | {"ended": Status.ENDED.value},
        decode=to_session,
    )


def attach_speaker(session: Session, connection_id: str, attach_key: str | None, now: int) -> Write:
    """The next generation's speaker, if nobody else took it up since `session` was read."""
    keep_key, drop_key = (", attachKey = :key", "") if attach_key else ("", ", attachKey")
    return update_session(
        session.session_id,
        "SET generation = :next, speakerConnectionId = :speaker, dueAt = expiresAt, version = version + :one"
        f"{keep_key} REMOVE graceUntil{drop_key}",
        f"{RUNNING} AND generation = :read",
        {
            "next": session.generation + 1,
            "read": session.generation,
            "speaker": connection_id,
            "one": 1,
            "now": now,
            **({"key": attach_key} if attach_key else {}),
        },
    )


def detach_speaker(connection_id: str, attachment: Attachment, grace_until: int, *, is_last: bool) -> Write:
    """The start of the grace, if this is still the speaker's latest attachment.

    Without `is_last` only if the grace ends within the session's lifetime; with it the lifetime's end is due.
    """
    due, within = ("expiresAt", "") if is_last else (":grace", " AND expiresAt >= :grace")
    return update_session(
        attachment.session_id,
        f"SET graceUntil = :grace, dueAt = {due}, version = version + :one REMOVE speakerConnectionId",
        f"{OPEN} AND speakerConnectionId = :speaker AND generation = :generation{within}",
        {
            "grace": grace_until,
            "speaker": connection_id,
            "generation": attachment.generation,
            "one": 1,
        },
    )


def change_session(session_id: str, change: Change, by: Authority, now: int) -> Write:
    """What the change names, and no more: two changes at once both hold."""
    changes: dict[str, Scalar] = {}
    sets = ["version = version + :one"]
    if change.status is not None:
        sets.append("#status = :status")
        changes["status"] = change.status.value
    if change.quality is not None:
        sets.append("quality = :quality")
        changes["quality"] = change.quality
    condition, values = authorised(by, now)
    return update_session(session_id, f"SET {', '.join(sets)}", condition, {**changes, **values, "one": 1})


def authorised(by: Authority, now: int) -> tuple[str, dict[str, Scalar]]:
    """The condition under which this authority may write to a session."""
    if isinstance(by, AsSpeaker):
        return (
            f"{RUNNING} AND speakerConnectionId = :speaker AND generation = :generation",
            {"speaker": by.connection_id, "generation": by.generation, "now": now},
        )
    if isinstance(by, AsOwner):
        return f"{RUNNING} AND ownerId = :owner", {"owner": by.subject, "now": now}
    return f"{OPEN} AND (expiresAt <= :now OR graceUntil <= :now)", {"now": now}
