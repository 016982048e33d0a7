"""A session's message log: its entries, what a listener gets of an entry, and how long entries are kept.

A position is (epoch, offset). Offsets count from 1 without gaps. Times are whole epoch seconds.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.model import Session
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What was published, or what the hook returned for one language."""

    data: str
    content_type: str
    encoding: str

    @property
    def decodes(self) -> bool:
        """Whether the data is valid in its encoding."""
        if self.encoding != "base64":
            return True
        try:
            base64.b64decode(self.data, validate=True)
        except ValueError:  # binascii.Error is one
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A published message. `variants` has the hook's body for a language, or None to withhold it."""

    session_id: str
    epoch: str
    offset: int
    published_at: int
    body: Body | None
    target_languages: tuple[str, ...] | None = None
    variants: Mapping[str, Body | None] = field(default_factory=dict[str, Body | None])

    def body_for(self, language: str | None) -> Body | None:
        """Return what a listener of this language gets, or None. The speaker (no language) gets `body`."""
        if language is None:
            return self.body
        if self.target_languages is not None and language not in self.target_languages:
            return None
        return self.variants.get(language, self.body)


def oldest_kept(session: Session, settings: Settings) -> int:
    """Return the offset of the oldest entry that is kept by count. It may have expired by age."""
    return max(1, session.head - settings.log_max_count + 1)


def is_kept(entry: Entry, settings: Settings, now: int) -> bool:
    """Return whether the entry is young enough. DynamoDB may delete it later than that."""
    return entry.published_at + settings.log_max_age > now
