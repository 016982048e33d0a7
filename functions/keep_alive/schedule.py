"""What a connection is told when it is due, and when it is due again. No clock and no table in here."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from domain.due import connection_due
from domain.model import Connection
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One look at a connection: what to push, and what to record once it has arrived."""

    connection_id: str
    seen: int
    """The `dueAt` that was read; what is recorded is recorded only while it still stands."""
    payloads: tuple[bytes, ...] = ()
    due_at: int
    refresh_notified_at: int | None = None
    """Set where this visit tells of the two-hour cut."""
    token_noticed: int | None = None
    """Set where this visit tells of a token's end: which end that is."""

    @property
    def is_notice(self) -> bool:
        """Whether the visit says something that is to be said once."""
        return self.refresh_notified_at is not None or self.token_noticed is not None


def plan_visit(settings: Settings, connection: Connection, token_noticed: int | None, now: int) -> Visit:
    """The visit that is due at `now`: the notices whose time has come, else a ping.

    `token_noticed` is the token's end of which the connection was told already; a later token is told anew.
    """
    pushes: list[dict[str, Any]] = []
    refreshing = connection.refresh_notified_at is None and now >= refresh_at(
        settings, connection.connection_id, connection.connected_at
    )
    if refreshing:
        cut = connection.connected_at + settings.connection_lifetime
        pushes.append({"type": "connectionRefreshRequired", "secondsLeft": max(0, cut - now)})
    token_end = connection.token_expires_at if connection.token_expires_at != token_noticed else None
    expiring = token_end is not None and now >= token_end - settings.token_notice
    if token_end is not None and expiring:
        pushes.append({"type": "tokenExpiring", "secondsLeft": max(0, token_end - now)})
    if not pushes:
        pushes.append({"type": "keepAlive", "serverTime": now * 1000})
    planned = connection_due(
        settings,
        active_at=now,
        connected_at=connection.connected_at + jitter(settings, connection.connection_id),
        token_expires_at=None if expiring else token_end,
        notified=refreshing or connection.refresh_notified_at is not None,
    )
    return Visit(
        connection_id=connection.connection_id,
        seen=connection.due_at,
        payloads=tuple(json.dumps(push, separators=(",", ":")).encode() for push in pushes),
        due_at=min([planned, *_cut_at(settings, connection)]),
        refresh_notified_at=now if refreshing else None,
        token_noticed=token_end if expiring else None,
    )


def has_outstayed(settings: Settings, connection: Connection, now: int) -> bool:
    """Whether the connection is to be cut: its token is over, and nobody may listen without one."""
    return not settings.allow_anonymous and connection.token_expired(now)


def _cut_at(settings: Settings, connection: Connection) -> tuple[int, ...]:
    """When the connection is to be looked at, to be cut by `has_outstayed`."""
    if settings.allow_anonymous or connection.token_expires_at is None:
        return ()
    return (connection.token_expires_at,)


def refresh_at(settings: Settings, connection_id: str, connected_at: int) -> int:
    """When this connection is to be told of its two-hour cut."""
    notice = connected_at + settings.connection_lifetime - settings.refresh_lead
    return notice + jitter(settings, connection_id)


def jitter(settings: Settings, connection_id: str) -> int:
    """Seconds by which the notice comes later, from 0 to `refreshJitter`.

    A hash, so that the same connection always has the same: a thousand listeners who came in one second do
    not all come again in one second.
    """
    spread = int.from_bytes(hashlib.sha256(connection_id.encode()).digest()[:4])
    return spread % (settings.refresh_jitter + 1)
