"""What the domain asks of the world. Adapters implement these; tests have an in-memory double of the stores.

Every write is conditional. A write whose condition does not hold raises Refused and has changed nothing; a
service that fails or is too slow raises UnavailableError (domain/errors.py), after which the write may or
may not have taken place, so that callers only ever make writes that can be repeated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Protocol

from domain.model import (
    Attachment,
    Authority,
    Change,
    Connection,
    EndReason,
    Limit,
    ListenerPage,
    Position,
    Replayed,
    RequestRecord,
    Reset,
    Session,
    ShardCount,
)

Clock = Callable[[], int]
"""The time in epoch seconds."""

Message = dict[str, Any]
"""A message of the protocol, ready to be written as JSON."""


class Part(StrEnum):
    """The parts of a write that may refuse it, each by a condition of its own."""

    SESSION = "session"
    CONNECTION = "connection"
    REQUEST = "request"
    SHARD = "shard"
    LISTENER = "listener"
    LIMIT = "limit"


@dataclass(eq=False, kw_only=True)
class Refused(Exception):  # noqa: N818 -- an outcome that callers decide on, not an error yet
    """A write was not made: which parts refused, and what stood there instead (none: nothing stood there)."""

    parts: frozenset[Part]
    session: Session | None = None
    connection: Connection | None = None
    request: RequestRecord | None = None
    shard: ShardCount | None = None


class RetryBudget(Enum):
    """How long a write keeps trying where other writes hold its items."""

    QUICK = "quick"
    """For what other requests do as well, if this one does not."""
    USUAL = "usual"
    PATIENT = "patient"
    """For what nobody repeats soon."""


class Sessions(Protocol):
    """Sessions, and the writes that concern a session and its speaker at once."""

    def get(self, session_id: str) -> Session | None:
        """Read strongly consistently."""
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
        """Put the session with its empty shards, attach the connection as its speaker, note request, limit.

        Refused by SESSION (the id is taken), CONNECTION (gone, its token expired, or attached to something
        other than `instead_of`), REQUEST (done before), LIMIT.
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
        """Make this connection the speaker, with the generation after `session.generation`.

        Refused by SESSION (its generation is another by now, or it is over), CONNECTION, REQUEST.
        """
        ...

    def detach(
        self, connection_id: str, attachment: Attachment, *, grace_until: int, request: RequestRecord | None
    ) -> None:
        """Take the speaker's attachment from the connection and start the grace.

        Refused by SESSION (this connection is not its speaker at this generation, or it is ended),
        CONNECTION (not attached at this generation), REQUEST.
        """
        ...

    def update(
        self, session_id: str, change: Change, *, by: Authority, request: RequestRecord | None, now: int
    ) -> Session:
        """Set what the change names, and nothing else. Refused by SESSION (no authority, over), REQUEST."""
        ...

    def end(
        self, session_id: str, *, reason: EndReason, by: Authority, now: int, ttl: int, announce_by: int
    ) -> Session:
        """Mark the session ended; it stays due at `announce_by` until `announced`. Refused by SESSION."""
        ...

    def announced(self, session_id: str) -> None:
        """Note that everyone has been told of the end: the session is due no more. Never refused."""
        ...


class Connections(Protocol):
    """Connections, and the writes that end them."""

    def get(self, connection_id: str) -> Connection | None:
        """Read strongly consistently."""
        ...

    def open(self, connection: Connection, *, limit: Limit | None) -> None:
        """Put the connection. Refused by LIMIT."""
        ...

    def close(self, connection: Connection, *, grace_until: int, retry_budget: RetryBudget) -> None:
        """Delete the connection and what it is attached to, all at once.

        A listener's row goes and its shard counts one less; a speaker's session starts its grace, if this is
        still the attachment of its generation. Refused by CONNECTION (gone, or attached otherwise by now),
        SESSION (a newer generation, or gone) and LISTENER (the row is gone): then `forget` is what is left.
        """
        ...

    def forget(self, connection: Connection) -> None:
        """Delete the connection alone. Refused by CONNECTION (attached otherwise by now)."""
        ...

    def release(self, connection_id: str, attachment: Attachment) -> None:
        """Take this attachment from the connection, if it has it still. Never refused."""
        ...

    def set_token(self, connection_id: str, *, subject: str, expires_at: int, due_at: int) -> None:
        """Note a newer token. Refused by CONNECTION (gone, or another subject's)."""
        ...


class Listeners(Protocol):
    """Listeners and their counts, by shard."""

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
        """Put the listener's row, count it, attach the connection: all at once.

        Refused by SHARD (full, or there is no such shard), LISTENER (the row is there), CONNECTION, LIMIT.
        """
        ...

    def retarget(self, *, connection_id: str, attachment: Attachment, target_language: str) -> None:
        """Change the language of a listener that has joined. Refused by LISTENER, CONNECTION."""
        ...

    def leave(self, *, connection_id: str, attachment: Attachment, request: RequestRecord | None) -> None:
        """Undo a join. Refused by LISTENER (no row), CONNECTION (not so attached), REQUEST."""
        ...

    def drop(self, *, connection_id: str, session_id: str, shard: int) -> None:
        """Remove the row of a listener whose connection has no record any more. Refused by LISTENER."""
        ...

    def counts(self, session_id: str, shards: int) -> list[ShardCount]:
        """The count of each shard that exists, read strongly consistently."""
        ...

    def page(
        self, session_id: str, shard: int, *, cursor: str | None = None, size: int = 1000
    ) -> ListenerPage:
        """One page of a shard's listeners, read strongly consistently."""
        ...


class RateLimits(Protocol):
    """Limits that no transaction carries."""

    def take(self, limit: Limit) -> bool:
        """Count one use; whether it was within the limit. True whenever the limits' table cannot tell."""
        ...


class Broadcaster(Protocol):
    """Tells everyone concerned."""

    def broadcast(self, session: Session, push: Message, *, exclude: str | None = None) -> bool:
        """Push to the session's listeners and to its speaker's connection, apart from `exclude`.

        Beyond `directFanOut` listeners it goes through the queue. Failing to reach someone is not an error;
        false says that listeners could be neither served nor queued, so that it has to be done again.
        """
        ...


class Replayer(Protocol):
    """Recovers what a connection missed."""

    def replay(
        self, session: Session, connection_id: str, position: Position, language: str | None
    ) -> Replayed | Reset:
        """Push the messages after `position` up to `session.head`, in order, at most one page of them.

        `language` is a listener's target language (messages for others are skipped); none for the speaker.
        """
        ...


class TokenVerifier(Protocol):
    """Tells good tokens from bad ones."""

    def claims(self, token: str) -> dict[str, Any]:
        """The claims under a good signature; raises UnauthorizedError, or UnavailableError without keys."""
        ...


class Logger(Protocol):
    """Writes structured log lines. Fields are digests, counts and codes: never ids, tokens or addresses."""

    def begin(self, correlation_id: str, /, **keys: object) -> None:
        """Start a request: each line until the next `begin` carries the correlation id and these keys."""
        ...

    def info(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        """Write a line; of `failure` only the classes and places, never the text."""
        ...

    def warning(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        """The same at level WARNING."""
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
        """Write what was counted since the last flush; nothing if nothing was."""
        ...


def total(counts: Sequence[ShardCount]) -> int:
    """How many listeners a session has."""
    return sum(count.listeners for count in counts)
