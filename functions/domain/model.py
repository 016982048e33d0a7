"""The nouns of the domain, and the rules of expiry that all readers apply (DynamoDB's TTL is best effort).

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
class Batch:
    """Messages that wait for the end of their interval: those from `first` up to the session's head."""

    first: int
    """Offset of the first message."""
    due_at: int
    """When the interval ends."""
    size: int
    """Bytes of its messages, each in its longest form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetRange:
    """Messages of one log, from `first` to `last`."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A broadcast. It outlives its connections. `generation` fences its speaker's attachments."""

    session_id: str
    owner_id: str
    status: Status
    source_language: str
    quality: str
    capacity: int
    shards: int
    """The most listener shards that the session may use, fixed at creation."""
    epoch: str
    """Random at creation. It identifies a position of an earlier session with the same id."""
    head: int
    """Offset of the last published message; 0 before the first."""
    generation: int
    """Raised by each attachment of a speaker. 0 before the first."""
    created_at: int
    expires_at: int
    ttl: int
    """The time from which the session is gone, even if DynamoDB has not deleted it."""
    speaker_connection_id: str | None = None
    grace_until: int | None = None
    """The end of the grace period while no speaker is attached, or None."""
    ended_at: int | None = None
    end_reason: EndReason | None = None
    version: int = 1
    attach_key: str | None = None
    """Key of the request that attached the speaker. It identifies a repeat on another connection."""
    shards_in_use: int = 1
    """Listeners' rows are in the first shards, this many. Grows with the audience and never shrinks."""
    channel_languages: frozenset[str] = frozenset()
    """The target languages that have listeners on the audience's channel, or had. Only grows."""
    muted: bool = False
    """Whether the speaker is muted. It informs the listeners and changes nothing else."""
    rate_window: int = 0
    """The minute, counted from the epoch, of the last publish."""
    rate_count: int = 0
    """Number of messages published in that minute."""
    batch: Batch | None = None
    """The messages that wait for the end of an interval, or None."""
    closed: OffsetRange | None = None
    """The messages of closed batches that may not be queued yet, or None."""

    @property
    def waiting(self) -> OffsetRange | None:
        """The messages that are in the log and may not be sent yet, or None."""
        if self.batch is None:
            return self.closed
        return OffsetRange(first=(self.closed or self.batch).first, last=self.head)

    @property
    def due_at(self) -> int:
        """When the keep-alive run ends this session if nothing changes before."""
        return min(self.expires_at, self.grace_until or self.expires_at)

    def ended_because(self, now: int) -> EndReason | None:
        """Return why the session has ended at `now`, even before a keep-alive run marks it, or None."""
        if self.status is Status.ENDED:
            return self.end_reason or EndReason.ENDED
        if self.expires_at <= now:
            return EndReason.EXPIRED
        if self.grace_until is not None and self.grace_until <= now:
            return EndReason.SPEAKER_GONE
        return None

    def is_gone(self, now: int) -> bool:
        return self.ttl <= now


NO_SLOT = -1
"""In place of the slot of a listener, or of an attachment, that version 0.1.0 recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """The session and the role of a connection, from which its permissions follow."""

    session_id: str
    role: Role
    generation: int = 0
    """A speaker's. The attachment holds while the session's generation is the same."""
    shard: int = 0
    """The shard that has a listener's row."""
    slot: int = 0
    """A listener's slot: a number below the session's capacity that no other listener has."""
    joined_at: int = 0
    """When the request began that made a listener join, or change to the channel or from it."""
    target_language: str | None = None
    """A listener's."""
    on_channel: bool = False
    """Whether a listener receives the session's pushes on the audience's channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A WebSocket, from `$connect` until it is found gone."""

    connection_id: str
    address: str
    """Digest of the client's address, never the address."""
    correlation_id: str
    connected_at: int
    due_at: int
    """When the keep-alive run checks it next."""
    ttl: int
    subject: str | None = None
    """The Cognito subject, or None for an anonymous listener."""
    token_expires_at: int | None = None
    refresh_notified_at: int | None = None
    left_session_id: str | None = None
    """The session that it left last, for the reply to a repeated leaveSession."""
    attachment: Attachment | None = None

    def token_expired(self, now: int) -> bool:
        return self.token_expires_at is not None and self.token_expires_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The sender of a request, as its event says. `connection_id` is None over HTTP."""

    connection_id: str | None
    subject: str | None
    address: str
    """Digest of the client's address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A listener's row in its session's shard, which the fan-out reads."""

    connection_id: str
    target_language: str
    slot: int
    on_channel: bool = False
    """Whether the listener receives what the channel of its language carries there alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerPage:
    """A page of a shard's listeners. `cursor` reads the next page, and is None on the last."""

    listeners: tuple[Listener, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """The result of a request with this key. It makes repeats harmless for a day."""

    key: str
    session_id: str
    offset: int | None = None
    ttl: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `allowed` uses of `key` so far in its window."""

    key: str
    kind: str
    allowed: int
    retry_at: int
    """When a client that exceeds the limit may try again."""
    window_ends_at: int
    uses: int = 1
    """How many uses one request counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A client's position in a session's message log."""

    epoch: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """`count` messages were pushed in order. `more` is whether later ones are kept as well."""

    count: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """The position cannot be recovered. The client continues from the session's current offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an updateSession sets. None leaves a property unchanged."""

    status: Status | None = None
    quality: str | None = None
    muted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerAuthority:
    """Authority of the session's speaker, a connection attached at this generation."""

    connection_id: str
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerAuthority:
    """Authority of the session's owner over HTTP, without a connection."""

    subject: str


@dataclass(frozen=True, slots=True)
class SystemAuthority:
    """Authority of the keep-alive run, over sessions whose time has run out."""


Authority = SpeakerAuthority | OwnerAuthority | SystemAuthority
