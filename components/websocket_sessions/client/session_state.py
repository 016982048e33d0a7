"""What a client knows of a session, merged from replies and pushes that may overtake each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(kw_only=True)
class SessionState:
    """A session's state. Fields are empty or None before the first reply."""

    session_id: str = ""
    status: str | None = None
    source_language: str | None = None
    quality: str | None = None
    muted: bool = False
    """Whether the speaker is muted."""
    grace_ends_at: str | None = None
    """The ISO 8601 time when the session ends unless its speaker returns; None while the speaker is there."""
    version: int = -1
    epoch: str | None = None
    end_reason: str | None = None

    @property
    def is_ended(self) -> bool:
        """Whether the session has ended, which is final."""
        return self.status == "ended"

    def merge(self, message: Mapping[str, Any]) -> None:
        """Take over a reply's or a push's state, unless a later version is known or the session has ended."""
        self.session_id = str(message["sessionId"])
        self.source_language = message.get("sourceLanguage", self.source_language)
        self.epoch = message.get("epoch", self.epoch)
        if self.is_ended or int(message["version"]) < self.version:
            return
        self.version = int(message["version"])
        self.status, self.quality = str(message["status"]), str(message["quality"])
        self.muted = bool(message.get("muted", False))
        self.grace_ends_at = message.get("graceEndsAt")
        self.end_reason = message.get("endReason", self.end_reason)

    def end(self, reason: str | None) -> None:
        """Record the session's end."""
        if not self.is_ended:
            self.status, self.end_reason, self.grace_ends_at = "ended", reason, None
