"""What is due, what is pushed to a connection that is due, and when it is due again. Reads no clock."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.due import next_check_at
from domain.model import Connection, Session
from domain.settings import Settings
from wire.pushes import Message, connection_refresh_required, encode, keep_alive, token_expiring


@dataclass(frozen=True, slots=True, kw_only=True)
class DueConnection:
    """A connection from the index, and the token expiry that it was notified of."""

    connection: Connection
    token_noticed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledPush:
    """What to push to a connection, and what to record once it has arrived."""

    connection_id: str
    expected_due_at: int
    """The `dueAt` that was read. The record is written only if it is unchanged."""
    payloads: tuple[bytes, ...] = ()
    due_at: int
    refresh_notified_at: int | None = None
    """Set if the push asks the client to rotate its connection."""
    token_noticed: int | None = None
    """The token expiry that the push announces, or None."""

    @property
    def is_notice(self) -> bool:
        """Whether the push has something that must be sent once."""
        return self.refresh_notified_at is not None or self.token_noticed is not None


class DueIndex(Protocol):
    """Sessions and connections by the time at which they are due."""

    def connections(self, shard: int, *, since: int, until: int) -> Iterator[Sequence[DueConnection]]:
        """Yield pages, none empty, of the connections due from `since` to `until`, earliest first."""
        ...

    def sessions(self, shard: int, *, since: int, until: int) -> Iterator[Sequence[Session]]:
        """Yield pages of sessions in the same way."""
        ...

    def record(self, pushes: Sequence[ScheduledPush]) -> list[bool]:
        """Record pushes concurrently; return which were written.

        One is not written if `dueAt` has changed, the connection is gone or the table is unavailable.
        """
        ...


def plan_push(
    settings: Settings, connection: Connection, token_noticed: int | None, now: int
) -> ScheduledPush:
    """Return the push that is due at `now`: the notices that are due, else a ping.

    `token_noticed` is the token expiry that the connection was notified of. A later token has its own notice.
    """
    pushes: list[Message] = []
    refreshing = connection.refresh_notified_at is None and now >= refresh_at(
        settings, connection.connection_id, connection.connected_at
    )
    if refreshing:
        closes_at = connection.connected_at + settings.connection_lifetime
        pushes.append(connection_refresh_required(closes_at - now))
    token_end = connection.token_expires_at if connection.token_expires_at != token_noticed else None
    expiring = token_end is not None and now >= token_end - settings.token_notice
    if token_end is not None and expiring:
        pushes.append(token_expiring(token_end - now))
    if not pushes:
        pushes.append(keep_alive(now))
    planned = next_check_at(
        settings,
        active_at=now,
        connected_at=connection.connected_at + jitter(settings, connection.connection_id),
        token_expires_at=None if expiring else token_end,
        notified=refreshing or connection.refresh_notified_at is not None,
    )
    return ScheduledPush(
        connection_id=connection.connection_id,
        expected_due_at=connection.due_at,
        payloads=tuple(map(encode, pushes)),
        due_at=min([planned, *_disconnect_at(settings, connection)]),
        refresh_notified_at=now if refreshing else None,
        token_noticed=token_end if expiring else None,
    )


def must_disconnect(settings: Settings, connection: Connection, now: int) -> bool:
    """Return whether the connection is attached to no session for too long, or must have a valid token."""
    return any(moment <= now for moment in _disconnect_at(settings, connection))


def _disconnect_at(settings: Settings, connection: Connection) -> tuple[int, ...]:
    """Return the times from which the connection must be disconnected, or none.

    Without anonymous listeners, it ends with its token. An unattached one ends after `unattachedLifetime`.
    """
    ends: list[int] = []
    if not settings.allow_anonymous and connection.token_expires_at is not None:
        ends.append(connection.token_expires_at)
    if connection.attachment is None:
        ends.append(connection.connected_at + settings.unattached_lifetime)
    return tuple(ends)


def refresh_at(settings: Settings, connection_id: str, connected_at: int) -> int:
    """Return when this connection is asked to rotate, before API Gateway closes it after two hours."""
    notice = connected_at + settings.connection_lifetime - settings.refresh_lead
    return notice + jitter(settings, connection_id)


def jitter(settings: Settings, connection_id: str) -> int:
    """Return the seconds by which the notice is delayed, from 0 to `refreshJitter`.

    The value is a hash of the id, so that it is stable and that connections of the same second spread out.
    """
    spread = int.from_bytes(hashlib.sha256(connection_id.encode()).digest()[:4])
    return spread % (settings.refresh_jitter + 1)
