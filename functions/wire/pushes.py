"""The pushes of the protocol: messages that the server sends without a request, and their size.

`sessionUpdated` and `sessionEnded` are replies as well.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain.delivery import MAX_PUSH_BYTES
from domain.errors import PayloadTooLargeError
from domain.events import (
    ConnectionReplaced,
    ListenersCounted,
    MessageSent,
    PushEvent,
    SessionEnded,
    SessionUpdated,
)
from domain.message_log import Entry
from domain.model import Session, Status

Message = dict[str, Any]
"""A message of the protocol, ready to be written as JSON."""

MAX_ENTRY_BYTES = 380_000
"""All variants of an entry together. An item of DynamoDB takes 400 KB."""

MAX_OFFSET = 2**53 - 1
"""The largest integer that every JSON reader represents exactly. Sizes are measured with it, so that they do
not depend on the offset."""


def encode(push: Mapping[str, Any]) -> bytes:
    """Return the bytes of a push: compact JSON in UTF-8."""
    return json.dumps(push, ensure_ascii=False, separators=(",", ":")).encode()


def iso_time(epoch_seconds: int) -> str:
    """Return a time as the protocol writes it."""
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def message_push(entry: Entry, language: str | None) -> Message:
    """Return the `message` push for a language. It has `skipped` if this language gets no body."""
    push: Message = {
        "type": "message",
        "sessionId": entry.session_id,
        "epoch": entry.epoch,
        "offset": entry.offset,
    }
    body = entry.body_for(language)
    if body is None:
        return {**push, "skipped": True}
    return {
        **push,
        "data": body.data,
        "contentType": body.content_type,
        "encoding": body.encoding,
        "publishedAt": iso_time(entry.published_at),
    }


def message_payloads(entries: Sequence[Entry], language: str | None) -> tuple[bytes, ...]:
    """Return the payloads of entries for a language, in order: as few as their sizes allow.

    Entries that fit into one frame together are one `batch` push. An entry alone is a `message` push.
    """
    frames: list[list[Message]] = []
    room = 0
    for entry in entries:
        push = message_push(entry, language)
        size = len(encode(push)) + 1
        if size > room:
            frames.append([])
            room = MAX_PUSH_BYTES - len(encode(_batch_push(entry.session_id, ())))
        frames[-1].append(push)
        room -= size
    return tuple(
        encode(frame[0] if len(frame) == 1 else _batch_push(frame[0]["sessionId"], frame)) for frame in frames
    )


def _batch_push(session_id: str, messages: Sequence[Message]) -> Message:
    return {"type": "batch", "sessionId": session_id, "messages": messages}


def checked_size(entry: Entry) -> int:
    """Return the bytes that the longest push of the entry takes in a batch, with its separator.

    Raises PayloadTooLargeError if a push of the entry exceeds one frame, or all of them one item.
    """
    measured = replace(entry, offset=MAX_OFFSET, target_languages=None)
    sizes = [len(encode(message_push(measured, language))) for language in (None, *entry.variants)]
    if max(sizes) > MAX_PUSH_BYTES:
        raise PayloadTooLargeError(
            f"The message exceeds {MAX_PUSH_BYTES} bytes in the form sent to listeners."
        )
    if sum(sizes) > MAX_ENTRY_BYTES:
        raise PayloadTooLargeError(f"The message exceeds {MAX_ENTRY_BYTES} bytes in all languages together.")
    return max(sizes) + 1


def push_of(event: PushEvent) -> Message:
    """Return the push of an event."""
    match event:
        case MessageSent(entry, language):
            return message_push(entry, language)
        case SessionUpdated():
            return session_updated(event)
        case SessionEnded():
            return session_ended(event)
        case ListenersCounted(session_id, listeners):
            return {"type": "presence", "sessionId": session_id, "listeners": listeners}
        case ConnectionReplaced(session):
            return {
                "type": "connectionReplaced",
                "sessionId": session.session_id,
                "generation": session.generation,
            }


def encode_push(event: PushEvent) -> bytes:
    """Return the payload of an event's push."""
    return encode(push_of(event))


def session_updated(event: SessionUpdated) -> Message:
    session = event.session
    return {
        "type": "sessionUpdated",
        "sessionId": session.session_id,
        "status": session.status.value,
        "quality": session.quality,
        "version": session.version,
        **speaker_fields(session),
    }


def speaker_fields(session: Session) -> Message:
    """Return what listeners are shown of the speaker: muted, and the end of the grace period while away."""
    fields: Message = {"muted": True} if session.muted else {}
    if session.grace_until is not None and session.status is not Status.ENDED:
        fields["graceEndsAt"] = iso_time(session.due_at)
    return fields


def session_ended(event: SessionEnded) -> Message:
    """Return sessionEnded with the last position, which shows a listener whether messages are missing."""
    session = event.session
    return {
        "type": "sessionEnded",
        "sessionId": session.session_id,
        "reason": event.reason.value,
        "epoch": session.epoch,
        "offset": session.head,
    }


def keep_alive(now: int) -> Message:
    return {"type": "keepAlive", "serverTime": now * 1000}


def connection_refresh_required(seconds_left: int) -> Message:
    return {"type": "connectionRefreshRequired", "secondsLeft": max(0, seconds_left)}


def token_expiring(seconds_left: int) -> Message:
    return {"type": "tokenExpiring", "secondsLeft": max(0, seconds_left)}
