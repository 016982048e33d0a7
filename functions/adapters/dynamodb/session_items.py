"""Items of the sessions and the requests tables, and the conditional writes on them."""

import hashlib
from typing import Any

from adapters.dynamodb.client import get_item, table
from adapters.dynamodb.writes import Scalar, Values, Write, put, to_item, to_value, update
from domain.coalescing import MAX_BYTES
from domain.due import DUE_SHARDS
from domain.model import (
    Attachment,
    Authority,
    Batch,
    Change,
    EndReason,
    OffsetRange,
    OwnerAuthority,
    RequestRecord,
    Session,
    SpeakerAuthority,
    Status,
)
from domain.ports import Condition

OPEN = "attribute_exists(sessionId) AND #status <> :ended"
RUNNING = f"{OPEN} AND expiresAt > :now AND (attribute_not_exists(graceUntil) OR graceUntil > :now)"


def due_shard(key: str) -> str:
    """Return the partition of the `due` index for a session or connection."""
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
            "shardsInUse": session.shards_in_use,
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
            "muted": session.muted,
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
        shards_in_use=item.get("shardsInUse", item["shards"]),  # version 0.1.0 used all and did not count
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
        channel_languages=frozenset(item.get("channelLanguages", "").split()),
        muted=item.get("muted", False),
        rate_window=item["rateWindow"],
        rate_count=item["rateCount"],
        batch=_batch(item),
        closed=(
            OffsetRange(first=item["closedFirst"], last=item["closedLast"]) if "closedFirst" in item else None
        ),
    )


def _batch(item: dict[str, Any]) -> Batch | None:
    if "batchFirst" not in item:
        return None
    size = item.get("batchBytes", MAX_BYTES)  # the first code with batches did not count: nothing more fits
    return Batch(first=item["batchFirst"], due_at=item["batchDueAt"], size=size)


def put_session(session: Session) -> Write:
    """Return the write of a new session with an unused id."""
    return put(
        Condition.SESSION,
        session_table(),
        session_item(session),
        condition="attribute_not_exists(sessionId)",
        decode=to_session,
    )


def update_session(session_id: str, expression: str, condition: str, values: dict[str, Scalar]) -> Write:
    """Return a write of some attributes of a session. Each condition names `:ended`."""
    return update(
        Condition.SESSION,
        session_table(),
        session_key(session_id),
        expression,
        condition=condition,
        values=values | {"ended": Status.ENDED.value},
        decode=to_session,
    )


def attach_speaker(session: Session, connection_id: str, attach_key: str | None, now: int) -> Write:
    """Return the write of the next generation's speaker if the generation is that of `session`."""
    set_key, remove_key = (", attachKey = :key", "") if attach_key else ("", ", attachKey")
    return update_session(
        session.session_id,
        "SET generation = :next, speakerConnectionId = :speaker, dueAt = expiresAt, version = version + :one"
        f"{set_key} REMOVE graceUntil{remove_key}",
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
    """Return the write that starts the grace period of the speaker's latest attachment.

    Without `is_last` it fails if the grace period ends after the session's lifetime. With it the session is
    due at the end of its lifetime.
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
    """Return the write of what the change names and nothing else, so that concurrent changes both hold."""
    changes: dict[str, Scalar] = {}
    sets = ["version = version + :one"]
    if change.status is not None:
        sets.append("#status = :status")
        changes["status"] = change.status.value
    if change.quality is not None:
        sets.append("quality = :quality")
        changes["quality"] = change.quality
    if change.muted is not None:
        sets.append("muted = :muted")
        changes["muted"] = change.muted
    condition, values = authority_condition(by, now)
    return update_session(session_id, f"SET {', '.join(sets)}", condition, {**changes, **values, "one": 1})


def end_session(
    session_id: str, reason: EndReason, *, by: Authority, now: int, ttl: int, announce_by: int
) -> Write:
    """Return the write that marks a session ended and due for its announcement."""
    condition, values = authority_condition(by, now)
    return update_session(
        session_id,
        "SET #status = :ended, endReason = :reason, endedAt = :now, #ttl = :ttl, dueAt = :announceBy, "
        "version = version + :one",
        condition,
        {**values, "reason": reason.value, "now": now, "ttl": ttl, "announceBy": announce_by, "one": 1},
    )


def mark_announced(session_id: str) -> Write:
    """Return the write that takes an ended session out of the `due` index."""
    return update_session(session_id, "REMOVE dueShard, dueAt", "#status = :ended", {})


def open_shards(session_id: str, shards: int) -> Write:
    """Return the write that raises the number of shards in use."""
    return update_session(
        session_id,
        "SET shardsInUse = :shards",
        "#status <> :ended AND shardsInUse < :shards",
        {"shards": shards},
    )


def add_channel_language(session: Session, language: str) -> Write:
    """Return the write that adds a language to those of the channel."""
    condition, values = has_channel_languages(session)
    return update_session(
        session.session_id,
        "SET channelLanguages = :languages",
        f"{OPEN}{condition}",
        {**values, "languages": _in_order(session.channel_languages | {language})},
    )


def has_channel_languages(session: Session) -> tuple[str, dict[str, Scalar]]:
    """Return the further condition that the channel's languages are those of `session`, and its values."""
    if not session.channel_languages:
        return " AND attribute_not_exists(channelLanguages)", {}
    return " AND channelLanguages = :channel", {"channel": _in_order(session.channel_languages)}


def _in_order(languages: frozenset[str]) -> str:
    return " ".join(sorted(languages))


HAS_BATCH = "attribute_exists(batchFirst)"
CLOSE_BATCH = "closedFirst = if_not_exists(closedFirst, batchFirst), closedLast = head"
"""Assignments that add the batch to the closed ones. Their values are the attributes before the write."""
FORGET_BATCHES = " REMOVE batchFirst, batchDueAt, batchBytes, closedFirst, closedLast"
"""The clause that removes the batch and the closed ones. It follows assignments."""


def close_batch(session_id: str, first: int | None) -> Write:
    """Return the write that closes the batch that starts at `first`, or any."""
    is_same, values = ("batchFirst = :first", {"first": first}) if first is not None else (HAS_BATCH, {})
    return update_session(
        session_id,
        f"SET {CLOSE_BATCH} REMOVE batchFirst, batchDueAt, batchBytes",
        f"{OPEN} AND {is_same}",
        dict[str, Scalar](values),
    )


def forget_closed(session_id: str, closed: OffsetRange) -> Write:
    """Return the write that forgets the closed batches, unless another one was closed since."""
    return update_session(
        session_id,
        "REMOVE closedFirst, closedLast",
        f"{OPEN} AND closedLast = :last",
        {"last": closed.last},
    )


def forget_first_closed(session_id: str, closed: OffsetRange) -> Write:
    """Return the write that forgets the closed batches, and keeps those that were closed since."""
    return update_session(
        session_id,
        "SET closedFirst = :next",
        f"{OPEN} AND closedFirst = :first AND closedLast > :last",
        {"first": closed.first, "last": closed.last, "next": closed.last + 1},
    )


def authority_condition(by: Authority, now: int) -> tuple[str, dict[str, Scalar]]:
    """Return the condition under which this authority may write to a session."""
    if isinstance(by, SpeakerAuthority):
        return (
            f"{RUNNING} AND speakerConnectionId = :speaker AND generation = :generation",
            {"speaker": by.connection_id, "generation": by.generation, "now": now},
        )
    if isinstance(by, OwnerAuthority):
        return f"{RUNNING} AND ownerId = :owner", {"owner": by.subject, "now": now}
    return f"{OPEN} AND (expiresAt <= :now OR graceUntil <= :now)", {"now": now}


def get_request(key: str) -> RequestRecord | None:
    """Return the record of the request with this key, or None."""
    item = get_item(table("REQUESTS_TABLE"), to_item({"requestKey": key}))
    return to_record(item) if item else None


def put_request(record: RequestRecord | None) -> list[Write]:
    """Return the write that records a request once, or nothing for a request without an id."""
    if record is None:
        return []
    fields = {
        "requestKey": record.key,
        "sessionId": record.session_id,
        "offset": record.offset,
        "ttl": record.ttl,
    }
    condition = "attribute_not_exists(requestKey)"
    return [
        put(
            Condition.REQUEST, table("REQUESTS_TABLE"), to_item(fields), condition=condition, decode=to_record
        )
    ]


def to_record(item: dict[str, Any]) -> RequestRecord:
    return RequestRecord(
        key=item["requestKey"], session_id=item["sessionId"], offset=item.get("offset"), ttl=item["ttl"]
    )
