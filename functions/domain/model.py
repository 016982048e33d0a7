"""The nouns of the domain, and the rules of expiry that every reader applies (DynamoDB's TTL is best effort).

Times are whole epoch seconds unless a name says otherwise.
"""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class EndReason(StrEnum):
    ENDED = "ended"
    EXPIRED = "expired"
    SPEAKER_GONE = "speakerGone"


class Role(StrEnum):
    SPEAKER = "speaker"
    LISTENER = "listener"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One broadcast. It outlives every connection; `generation` fences its speaker's attachments."""

    session_id: str
    owner_id: str
    status: Status
    source_language: str
    quality: str
    capacity: int
    shards: int
    """Number of listener shards, fixed at creation; listeners are counted in each shard on its own."""
    epoch: str
    """Random at creation: tells a position of another session that had the same id before."""
    head: int
    """Offset of the last published message; 0 before the first."""
    generation: int
    """Raised by each attachment of a speaker; 0 while there has been none."""
    created_at: int
    expires_at: int
    ttl: int
    """From here on the session is gone, whether or not DynamoDB has deleted it."""
    speaker_connection_id: str | None = None
    grace_until: int | None = None
    """While no speaker is attached: when the session ends for want of one."""
    ended_at: int | None = None
    end_reason: EndReason | None = None
    version: int = 1
    attach_key: str | None = None
    """Key of the request that attached the speaker; its repeat on another connection is recognised by it."""
    rate_window: int = 0
    """The minute, counted from the epoch, of the last publish."""
    rate_count: int = 0
    """How many messages were published in that minute."""

    @property
    def due_at(self) -> int:
        """When the keep-alive has to end this session, if nothing changes before."""
        return min(self.expires_at, self.grace_until or self.expires_at)

    def ended_because(self, now: int) -> EndReason | None:
        """Why the session is over at `now`, also while the keep-alive run that marks it is yet to come."""
        if self.status is Status.ENDED:
            return self.end_reason or EndReason.ENDED
        if self.expires_at <= now:
            return EndReason.EXPIRED
        if self.grace_until is not None and self.grace_until <= now:
            return EndReason.SPEAKER_GONE
        return None

    def is_gone(self, now: int) -> bool:
        return self.ttl <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What a connection belongs to. All rights of a connection follow from it."""

    session_id: str
    role: Role
    generation: int = 0
    """A speaker's; it holds only while the session's generation is the same."""
    shard: int = 0
    """A listener's shard."""
    target_language: str | None = None
    """A listener's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One WebSocket, from `$connect` until it is known to be gone."""

    connection_id: str
    address: str
    """Digest of the client's address, never the address."""
    correlation_id: str
    connected_at: int
    due_at: int
    """When the keep-alive has to look at it next."""
    ttl: int
    subject: str | None = None
    """The Cognito subject; none for an anonymous listener."""
    token_expires_at: int | None = None
    refresh_notified_at: int | None = None
    left_session_id: str | None = None
    """What it was attached to last: answers a repeated leaveSession."""
    attachment: Attachment | None = None

    def token_expired(self, now: int) -> bool:
        return self.token_expires_at is not None and self.token_expires_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A listener's row in its session's shard: what the fan-out reads."""

    connection_id: str
    target_language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerPage:
    """One page of a shard's listeners; `cursor` is given back to read on and is none on the last page."""

    listeners: tuple[Listener, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardCount:
    """The `#count` item of one listener shard."""

    shard: int
    listeners: int
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """What a request with this key has done already; it makes a repeat harmless for a day."""

    key: str
    session_id: str
    offset: int | None = None
    ttl: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `allowed` uses of `key` in the window that ends at `resets_at`."""

    key: str
    kind: str
    allowed: int
    resets_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a client stands in a session's message log."""

    epoch: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """`count` messages were pushed to the connection, in order; `more` are kept beyond them."""

    count: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """The position cannot be recovered: the client starts from the session's present offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an updateSession sets; none leaves a property as it is."""

    status: Status | None = None
    quality: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AsSpeaker:
    """Authority of the connection that is attached as the session's speaker, at this generation."""

    connection_id: str
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOwner:
    """Authority of the session's owner, without a connection (HTTP)."""

    subject: str


@dataclass(frozen=True, slots=True)
class ByTheClock:
    """Authority of the keep-alive: only over sessions whose time has run out."""


Authority = AsSpeaker | AsOwner | ByTheClock
