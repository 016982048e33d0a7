"""A session's message log: its entries, what of an entry a listener gets, and how far back it is kept.

A position is (epoch, offset); offsets count from 1 without gaps. Times are whole epoch seconds.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from domain.errors import PayloadTooLargeError
from domain.model import AsSpeaker, RequestRecord, Session
from domain.ports import Message
from domain.settings import Settings
from wire.replies import iso_time

FRAME_LIMIT = 32 * 1024
"""Bytes of one push: API Gateway cuts a client that sends a longer frame, and meters in units of this size
(API Gateway Developer Guide, "Quotas for configuring and running a WebSocket API")."""

ENTRY_LIMIT = 380_000
"""Bytes of all an entry's variants together; an item of DynamoDB takes 400 KB."""

LARGEST_OFFSET = 2**53 - 1
"""What every JSON reader can hold exactly; a size is measured with it, so that it depends on no offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What was published, or what the hook made of it for one language."""

    data: str
    content_type: str
    encoding: str

    @property
    def decodes(self) -> bool:
        """Whether the data is what `encoding` says."""
        if self.encoding != "base64":
            return True
        try:
            base64.b64decode(self.data, validate=True)
        except ValueError:  # binascii.Error is one
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One published message. `variants` hold what the hook made for a language; none withholds it there."""

    session_id: str
    epoch: str
    offset: int
    published_at: int
    body: Body | None
    target_languages: tuple[str, ...] | None = None
    variants: Mapping[str, Body | None] = field(default_factory=dict[str, Body | None])

    def body_for(self, language: str | None) -> Body | None:
        """What a listener of this language gets, or none; the speaker (no language) gets the common body."""
        if language is None:
            return self.body
        if self.target_languages is not None and language not in self.target_languages:
            return None
        return self.variants.get(language, self.body)

    def push_for(self, language: str | None) -> Message:
        """The `message` push, with the mark `skipped` where this language gets nothing."""
        push: Message = {
            "type": "message",
            "sessionId": self.session_id,
            "epoch": self.epoch,
            "offset": self.offset,
        }
        body = self.body_for(language)
        if body is None:
            return {**push, "skipped": True}
        return {
            **push,
            "data": body.data,
            "contentType": body.content_type,
            "encoding": body.encoding,
            "publishedAt": iso_time(self.published_at),
        }

    def check_size(self) -> None:
        """Raise PayloadTooLargeError if any of the pushes would not fit one frame, or all of them an item."""
        entry = replace(self, offset=LARGEST_OFFSET, target_languages=None)
        sizes = [len(encode(entry.push_for(language))) for language in (None, *self.variants)]
        if max(sizes) > FRAME_LIMIT:
            raise PayloadTooLargeError(f"The message, as listeners get it, is over {FRAME_LIMIT} bytes.")
        if sum(sizes) > ENTRY_LIMIT:
            raise PayloadTooLargeError(f"The message is over {ENTRY_LIMIT} bytes in all its languages.")


class MessageLog(Protocol):
    """The log as it is kept."""

    def append(self, entry: Entry, *, to: Session, by: AsSpeaker, request: RequestRecord | None) -> None:
        """Note the entry, as the next after `to.head`, and the request, and raise the head: all or none.

        The session takes `to`'s rate window and count. Refused by SESSION (its head or generation is another
        by now, it is not active, or over) with the session as it stands, and by REQUEST (done before).
        """
        ...

    def request(self, key: str) -> RequestRecord | None:
        """What `append` noted of the request with this key; read strongly consistently."""
        ...

    def at(self, session_id: str, epoch: str, offsets: Sequence[int]) -> list[Entry]:
        """The entries at these offsets that are kept, in order; read strongly consistently."""
        ...

    def entries(self, session_id: str, epoch: str, *, first: int, last: int) -> list[Entry]:
        """The entries kept from `first` to `last`, in order; read strongly consistently, page by page."""
        ...


def encode(push: Mapping[str, Any]) -> bytes:
    """The bytes of a push: compact JSON in UTF-8."""
    return json.dumps(push, ensure_ascii=False, separators=(",", ":")).encode()


def oldest_kept(session: Session, settings: Settings) -> int:
    """Offset of the oldest entry that is kept by count; it may be gone by age."""
    return max(1, session.head - settings.log_max_count + 1)


def is_kept(entry: Entry, settings: Settings, now: int) -> bool:
    """Whether the entry is young enough; DynamoDB may not have deleted it yet."""
    return entry.published_at + settings.log_max_age > now
