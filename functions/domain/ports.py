"""The ports of the domain: what adapters implement. Tests use in-memory doubles of the stores.

A port is declared here if its signature names only types of the domain. Two rooms have types of their own and
declare the port beside them: `TaskQueue` in fan_out/tasks.py and `DueIndex` in keep_alive/schedule.py.

Every write is conditional. A write whose condition does not hold raises ConditionFailed and changes nothing.
A service that fails or is too slow raises UnavailableError. The write may then have been made or not, so
callers make only writes that are safe to repeat. All reads of the stores are strongly consistent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Protocol, TypeVar

from domain.delivery import Delivery, Outcome
from domain.events import BroadcastEvent
from domain.message_log import Entry
from domain.model import (
    Attachment,
    Authority,
    Caller,
    Change,
    Connection,
    EndReason,
    Limit,
    Listener,
    ListenerPage,
    OffsetRange,
    Position,
    Replayed,
    RequestRecord,
    Reset,
    Session,
    SpeakerAuthority,
)

Item = TypeVar("Item")
Result = TypeVar("Result")

Clock = Callable[[], int]
"""The time in epoch seconds."""


class Condition(StrEnum):
    """The conditions of a write, named by the item that each one checks."""

    SESSION = "session"
    CONNECTION = "connection"
    REQUEST = "request"
    SLOT = "slot"
    LISTENER = "listener"
    LIMIT = "limit"


@dataclass(eq=False, kw_only=True)
class ConditionFailed(Exception):  # noqa: N818 -- an outcome that callers decide on, not an error yet
    """A write was not made: the conditions that failed, and the items they checked (None: no item)."""

    conditions: frozenset[Condition]
    session: Session | None = None
    connection: Connection | None = None
    request: RequestRecord | None = None
    listener: Listener | None = None


class RetryBudget(Enum):
    """How long a write is retried while transactions of other requests hold its items."""

    QUICK = "quick"
    """For work that other requests do as well."""
    USUAL = "usual"
    PATIENT = "patient"
    """For work that no other request repeats soon."""


class Sessions(Protocol):
    """Sessions, and the writes that change a session together with its speaker's connection."""

    def get(self, session_id: str) -> Session | None:
        """Return the session, or None."""
        ...

    def get_with_uses(self, session_id: str, *, limit: Limit | None) -> tuple[Session | None, int]:
        """Return the session, and the uses of the limit, or 0 if the limits table is unavailable."""
        ...

    def create(
        self,
        session: Session,
        *,
        connection_id: str | None,
        instead_of: Attachment | None,
        request: RequestRecord | None,
        limit: Limit | None,
        now: int,
    ) -> None:
        """Put the session, attach the speaker, record the request, count the limit.

        Fails on SESSION (the id is taken), CONNECTION (gone, its token expired, or attached to something
        other than `instead_of`), REQUEST (processed before), LIMIT.
        """
        ...

    def attach(
        self,
        session: Session,
        *,
        connection_id: str,
        instead_of: Attachment | None,
        request: RequestRecord | None,
        now: int,
        attach_key: str | None = None,
    ) -> Session:
        """Make this connection the speaker; return the session at the generation after `session.generation`.

        Fails on SESSION (another generation, or ended), CONNECTION, REQUEST.
        """
        ...

    def detach(
        self, connection_id: str, attachment: Attachment, *, grace_until: int, request: RequestRecord | None
    ) -> None:
        """Remove the speaker's attachment from the connection and start the grace period.

        Fails on SESSION (this connection is not its speaker at this generation, or the session has ended),
        CONNECTION (not attached at this generation), REQUEST.
        """
        ...

    def update(
        self, session_id: str, change: Change, *, by: Authority, request: RequestRecord | None, now: int
    ) -> Session:
        """Set the properties that the change names, and no others. Fails on SESSION (no authority, or ended),
        REQUEST."""
        ...

    def end(
        self, session_id: str, *, reason: EndReason, by: Authority, now: int, ttl: int, announce_by: int
    ) -> Session:
        """Mark the session ended. It is due at `announce_by` until `mark_announced`. Fails on SESSION."""
        ...

    def mark_announced(self, session_id: str) -> None:
        """Record that the end was announced, so that the session is not due. Never fails on a condition."""
        ...

    def open_shards(self, session_id: str, shards: int) -> None:
        """Raise `shards_in_use` to `shards` if it is lower. Never fails on a condition."""
        ...

    def add_channel_language(self, session: Session, language: str) -> Session:
        """Add a language to `channel_languages`; return the session as it is after that.

        Fails on SESSION (other languages by now, or ended), with the session as it is.
        """
        ...

    def close_batch(self, session_id: str, first: int | None) -> Session:
        """Add the batch that starts at `first`, or any if it is None, to the closed ones; return the session.

        Fails on SESSION (no batch, another batch, or ended).
        """
        ...

    def forget_closed(self, session_id: str, closed: OffsetRange) -> None:
        """Forget these messages of closed batches, and keep those closed since.

        Never fails on a condition.
        """
        ...


class Connections(Protocol):
    """Connections, and the writes that end them."""

    def get(self, connection_id: str) -> Connection | None:
        """Return the connection, or None."""
        ...

    def get_with_session(
        self, connection_id: str, session_id: str, *, limit: Limit | None
    ) -> tuple[Connection | None, Session | None, int]:
        """Return the connection, a session, and the uses of the limit.

        They may be read at different moments of the call. The uses are 0 if the limits table is unavailable.
        """
        ...

    def open(self, connection: Connection, *, limit: Limit | None) -> None:
        """Put the connection. Fails on LIMIT."""
        ...

    def close(self, connection: Connection, *, grace_until: int, retry_budget: RetryBudget) -> None:
        """Delete the connection and its attachment in one transaction.

        A listener's row is deleted and its slot becomes free. A speaker's session starts its grace period if
        the attachment is of the current generation. Fails on CONNECTION (gone, or attached otherwise by now),
        SESSION (a newer generation, or gone), LISTENER (no row) and SLOT (another listener's); then call
        `forget`.
        """
        ...

    def forget(self, connection: Connection) -> None:
        """Delete the connection alone. Fails on CONNECTION (attached otherwise by now)."""
        ...

    def release(self, connection_id: str, attachment: Attachment) -> None:
        """Remove this attachment from the connection if it still has it. Never fails on a condition."""
        ...

    def set_token(self, connection_id: str, *, subject: str, expires_at: int, due_at: int) -> None:
        """Record a newer token. Fails on CONNECTION (gone, or of another subject)."""
        ...


class Listeners(Protocol):
    """Listeners' rows, by shard, and the slots that keep a session within its capacity."""

    def join(
        self,
        *,
        connection_id: str,
        attachment: Attachment,
        instead_of: Attachment | None,
        limit: Limit | None,
        ttl: int,
        now: int,
    ) -> None:
        """Take the slot, put the listener's row and attach the connection, in one transaction.

        No two joins write to the same item unless they chose the same slot (docs/adr/0016). Fails on SLOT
        (taken), LISTENER (the row exists), CONNECTION, LIMIT.
        """
        ...

    def retarget(self, *, connection_id: str, attachment: Attachment, to: Attachment) -> None:
        """Give a listener that has joined the language of `to`, and whether it is on the channel.

        Fails on LISTENER, CONNECTION.
        """
        ...

    def leave(self, *, connection_id: str, attachment: Attachment, request: RequestRecord | None) -> None:
        """Undo a join. Fails on LISTENER (no row), SLOT, CONNECTION (attached otherwise), REQUEST."""
        ...

    def drop(self, session_id: str, shard: int, listener: Listener) -> None:
        """Delete the row and free the slot of a listener whose connection has no record.

        Fails on LISTENER (no row) and SLOT.
        """
        ...

    def count(self, session_id: str, capacity: int) -> int:
        """Return the number of listeners of a session."""
        ...

    def free_slots(self, session_id: str, capacity: int) -> Sequence[int]:
        """Return some free slots, or none if the session is full."""
        ...

    def page(
        self, session_id: str, shard: int, *, cursor: str | None = None, size: int = 1000
    ) -> ListenerPage:
        """Return one page of a shard's listeners."""
        ...


class MessageLog(Protocol):
    """The stored messages of all sessions."""

    def append(
        self, entry: Entry, *, to: Session, by: SpeakerAuthority, request: RequestRecord | None
    ) -> None:
        """Record the entry after `to.head` and the request, and raise the head, in one transaction.

        The session takes `to`'s rate window, count and batch. If `to` has closed messages, the session's
        batch is closed; if `to` has no batch besides, the session has neither afterwards. Fails on SESSION
        (another head, generation or batch by now, not active, or ended), with the session as it is, and on
        REQUEST (processed before).
        """
        ...

    def request(self, key: str) -> RequestRecord | None:
        """Return what `append` recorded of the request with this key, or None."""
        ...

    def at(self, session_id: str, epoch: str, offsets: Sequence[int]) -> list[Entry]:
        """Return the stored entries at these offsets, in order."""
        ...

    def entries(self, session_id: str, epoch: str, *, first: int, last: int) -> list[Entry]:
        """Return the stored entries from `first` to `last`, in order, read page by page."""
        ...


class RateLimits(Protocol):
    """Limits that no transaction includes."""

    def count(self, limit: Limit) -> int:
        """Count `limit.uses`; return the uses in the window so far. Those beyond the limit count as well.

        Returns 0 if the table is unavailable, and more than `limit.allowed` for a key that is throttled.
        """
        ...


class Pusher(Protocol):
    """Sends to connections other than the one that gets the reply."""

    def deliver(self, deliveries: Sequence[Delivery], *, retry_throttled: bool = True) -> list[Outcome]:
        """Make all deliveries concurrently, each in its order; return their outcomes in the same order.

        Without `retry_throttled`, no caller waits for a client that does not read: a throttled delivery is
        retried only if most of many are, which is the account's rate.
        One connection takes one delivery a call, else the order between its deliveries is lost. Raises
        PushConfigurationError if no push can succeed.
        """
        ...

    def disconnect(self, connection_ids: Sequence[str]) -> list[Outcome]:
        """Close connections from the server's side. One whose outcome is not in CLOSED is still open.

        Raises PushConfigurationError.
        """
        ...


class AudienceChannel(Protocol):
    """Carries pushes to the subscribers of a session's channels, one for each target language."""

    def publish(self, channel: str, payloads: Sequence[bytes]) -> None:
        """Publish the pushes to the channel of this name, in their order. Threads may call it at once.

        Raises UnavailableError if any may be missing. Those that were published arrive twice when it is
        repeated, which does no harm.
        """
        ...


class Broadcaster(Protocol):
    """Pushes to everyone in a session."""

    def broadcast(self, session: Session, event: BroadcastEvent, *, exclude: str | None = None) -> bool:
        """Push the event to the session's listeners and to its speaker's connection, apart from `exclude`.

        Beyond `directFanOut` listeners the push goes through the queue. A listener that cannot be reached is
        not an error. Returns False if listeners could be neither served nor queued; the caller repeats then.
        """
        ...


class Replayer(Protocol):
    """Recovers what a connection missed."""

    def replay(
        self, session: Session, caller: Caller, position: Position, language: str | None
    ) -> Replayed | Reset:
        """Push the messages after `position` up to `session.head`, in order, at most one page of them.

        The messages count towards the limits of replays. Raises RateLimitedError and UnavailableError.
        `language` is a listener's target language (messages for others are skipped), or None for the speaker.
        """
        ...


class HookError(Exception):
    """The hook failed, was too slow, or gave an invalid answer."""


class Hook(Protocol):
    """The owner's function, which sees each message before it is sent (docs/hook.md)."""

    def process(self, session: Session, entry: Entry) -> Entry:
        """Return the entry as the function's answer changes it.

        The function may be called more than once for a message. Raises ForbiddenError if it refuses the
        message, and HookError if it fails, takes longer than `hookTimeout`, or gives an invalid answer.
        """
        ...


class TokenVerifier(Protocol):
    """Verifies the signatures of tokens."""

    def claims(self, token: str) -> dict[str, Any]:
        """Return the claims. Raises UnauthorizedError, or UnavailableError without the signing keys."""
        ...


class PostponeCheck(Protocol):
    """Moves the keep-alive's next check of a connection to a later time."""

    def __call__(self, connection_id: str, *, due_at: int, now: int, token_after: int) -> None:
        """Set `dueAt` if that is later, the connection is not due, and its token expires after `token_after`.

        A token that expires earlier does not count if the connection was notified of it. Never fails on a
        condition.
        """
        ...


class SelfInvocation(Protocol):
    """Invokes this function again without waiting for it."""

    def invoke(self, event: Mapping[str, Any]) -> None:
        """Raises UnavailableError if the function may not have been invoked."""
        ...


class ParallelMap(Protocol):
    """Maps a function over items, concurrently or not; results keep the order of the items."""

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterable[Result]:
        """Raise what `function` raises."""
        ...


class Logger(Protocol):
    """Writes structured log lines. Fields are digests, counts and codes: never ids, tokens or addresses."""

    def begin(self, correlation_id: str, /, **keys: object) -> None:
        """Start a request: each line until the next `begin` carries the correlation id and these keys."""
        ...

    def info(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        """Write a line. Of `failure` it has the classes and places, never the text."""
        ...

    def warning(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        """Write a line at level WARNING."""
        ...

    def failed(self, failure: BaseException) -> None:
        """Write that a request failed unexpectedly."""
        ...


class Metrics(Protocol):
    """Counters with few, bounded dimensions."""

    def begin(self, route: str, /) -> None:
        """Start a request of this route."""
        ...

    def count(self, name: str, value: int = 1) -> None:
        """Add to a counter."""
        ...

    def flush(self) -> None:
        """Write what was counted since the last flush, or nothing if nothing was counted."""
        ...


def sequential_map(function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterable[Result]:
    """Map one item after the other (a ParallelMap)."""
    return [function(item) for item in items]
