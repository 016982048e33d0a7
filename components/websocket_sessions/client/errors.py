"""The one error of the client, and which failures another attempt can help."""

from collections.abc import Mapping
from typing import Any, Final

RETRYABLE_CODES: Final = frozenset(
    {"CONNECTION_LOST", "TIMEOUT", "UPGRADE_FAILED", "RATE_LIMITED", "UNAVAILABLE", "INTERNAL"}
)
"""Codes after which the same request can succeed later. Every other code is final.

`INTERNAL` is retried once by the connection, and no more.
"""

PROTOCOL_CODES: Final = frozenset(
    {
        "INVALID_MESSAGE",
        "UNKNOWN_ACTION",
        "UNAUTHORIZED",
        "TOKEN_EXPIRED",
        "FORBIDDEN",
        "SESSION_NOT_FOUND",
        "SESSION_ENDED",
        "SESSION_FULL",
        "INVALID_SESSION_ID",
        "INVALID_LANGUAGE",
        "UNSUPPORTED_LANGUAGE",
        "INVALID_QUALITY",
        "RATE_LIMITED",
        "PAYLOAD_TOO_LARGE",
        "CONFLICT",
        "UNAVAILABLE",
        "INTERNAL",
    }
)
"""The error codes of PROTOCOL.md."""

ENDED_CODES: Final = frozenset({"SESSION_ENDED", "SESSION_NOT_FOUND"})
"""Codes that mean that the session no longer exists."""


class SessionError(Exception):
    """A request was refused, or a connection failed permanently.

    `code` is one of the protocol's error codes (PROTOCOL.md), or one of the client's own:
    `CONNECTION_LOST`, `TIMEOUT`, `UPGRADE_FAILED`, `PROTOCOL_VIOLATION`, `QUEUE_FULL`, `REPLACED`, `CLOSED`,
    `TOKEN_UNAVAILABLE`.
    `retry_after` is in seconds, or None if the server named no wait.
    `retryable` says whether the same request can succeed later.
    """

    def __init__(
        self, code: str, message: str, *, retry_after: float | None = None, retryable: bool | None = None
    ) -> None:
        """Keep the code and the wait in seconds; the code decides `retryable` unless given."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.retryable = code in RETRYABLE_CODES if retryable is None else retryable

    @property
    def means_ended(self) -> bool:
        """Whether the session no longer exists."""
        return self.code in ENDED_CODES

    @classmethod
    def from_reply(cls, reply: Mapping[str, Any]) -> "SessionError":
        """Return the error of an `error` reply; PROTOCOL.md counts an unknown code as `INTERNAL`."""
        retry_after = reply.get("retryAfter")
        code = reply.get("code")
        return cls(
            str(code) if code in PROTOCOL_CODES else "INTERNAL",
            str(reply.get("message", "The server gave no reason.")),
            retry_after=float(retry_after) if isinstance(retry_after, (int, float)) else None,
        )
