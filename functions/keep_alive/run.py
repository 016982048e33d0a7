"""The scheduled run: pings, notices, ends and removals for what is due. It reads nothing else.

Two runs may overlap, a run may crash at any point, and a minute may be skipped. These rules keep that safe:

- A ping is sent first and recorded afterwards, on the condition that `dueAt` is unchanged. Sending it twice
  costs one extra push; missing it would let the connection time out.
- A notice is leased for NOTICE_LEASE_SECONDS before it is sent and recorded afterwards, so that one of
  overlapping runs sends it. A crash between the two repeats it.
- What failed stays due, and the next run finds it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from domain.delivery import CLOSED, Delivery, Outcome, PushConfigurationError
from domain.due import DUE_SHARDS
from domain.errors import UnavailableError
from domain.model import Connection, Session
from domain.ports import Clock, Logger, Metrics, Pusher
from domain.settings import Settings
from keep_alive.schedule import DueConnection, DueIndex, ScheduledPush, must_disconnect, plan_push

Item = TypeVar("Item")

MISSED = frozenset({Outcome.UNREACHABLE, Outcome.THROTTLED, Outcome.OUT_OF_TIME})
"""Outcomes of a push after which it stays due."""

NOTICE_LEASE_SECONDS = 30
"""Shorter than the minute between runs."""

MAX_CONTINUATION_DEPTH = 5
"""Invocations in a chain. Each splits the rest in two, so that after five steps each of the 32 scans has an
invocation of its own. What is left then waits for the next minute's run. Lambda stops chains of about 16
(Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite loops")."""


@dataclass(frozen=True, slots=True)
class ShardScan:
    """A scan of one shard of the `sessions` or the `connections` index, from the time `since` on."""

    kind: str
    shard: int
    since: int = 0


def all_scans(now: int) -> tuple[ShardScan, ...]:
    """Return the scans of everything, sessions first: they are few and matter most.

    Each minute starts at another shard, so that a run that overlaps the one before it starts elsewhere.
    """
    first = now // 60 * 7
    shards = [(first + step) % DUE_SHARDS for step in range(DUE_SHARDS)]
    return tuple(ShardScan(kind, shard) for kind in ("sessions", "connections") for shard in shards)


def scans_of(event: Mapping[str, Any], now: int) -> tuple[tuple[ShardScan, ...], int]:
    """Return the scans that an event asks for and its depth in a chain.

    An event that no earlier run sent asks for everything, at depth 0.
    """
    scans = cast(Any, event.get("continue"))
    if not scans:
        return all_scans(now), 0
    return tuple(ShardScan(kind, shard, since) for kind, shard, since in scans), int(event["depth"])


def continuation_events(unfinished: Sequence[ShardScan], depth: int) -> list[dict[str, Any]]:
    """Return the events for the scans that are unfinished: two halves, one for a single scan, or none."""
    if not unfinished or depth >= MAX_CONTINUATION_DEPTH:
        return []
    middle = (len(unfinished) + 1) // 2
    return [
        {"continue": [[scan.kind, scan.shard, scan.since] for scan in half], "depth": depth + 1}
        for half in (unfinished[:middle], unfinished[middle:])
        if half
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAlive:
    """One run: a query a shard, a push and a write for each ping, and one more write for each notice."""

    due_index: DueIndex
    end_if_due: Callable[[Session], None]
    """Ends a session whose time has run out, and informs everyone (use_cases/end_session.py)."""
    on_disconnected: Callable[[str], object]
    """Removes a connection and its attachment (use_cases/disconnect.py)."""
    pusher: Pusher
    settings: Settings
    logger: Logger
    metrics: Metrics
    clock: Clock

    def __call__(self, scans: Sequence[ShardScan], *, has_time: Callable[[], bool]) -> tuple[ShardScan, ...]:
        """Run the scans page by page while there is time; return those that are unfinished.

        Raises PushConfigurationError if no push can succeed. The sessions before it have been ended then.
        """
        now = self.clock()
        for position, scan in enumerate(scans):
            try:
                stopped_at = self._run_scan(scan, now, has_time)
            except PushConfigurationError:
                raise
            except UnavailableError:
                self._postpone()  # this shard cannot be read now, others may
                continue
            if stopped_at is not None:
                return (replace(scan, since=stopped_at), *scans[position + 1 :])
        return ()

    def _run_scan(self, scan: ShardScan, now: int, has_time: Callable[[], bool]) -> int | None:
        """Run one scan; return the time to go on from if the function's time ran out, else None.

        A scan of sessions starts again from its beginning, since a session that was ended is not due. It
        checks the time before each session, since each has listeners to inform.
        """
        if scan.kind == "sessions":
            for sessions in self.due_index.sessions(scan.shard, since=scan.since, until=now):
                for session in sessions:
                    if not has_time():
                        return scan.since
                    self._try(self.end_if_due, session)
        else:
            for connections in self.due_index.connections(scan.shard, since=scan.since, until=now):
                if not has_time():
                    return connections[0].connection.due_at
                self._push(connections, now)
        return None

    def _push(self, due: Sequence[DueConnection], now: int) -> None:
        """Push to a page of connections and record what arrived. Disconnect those that must not stay."""
        ended = [one.connection for one in due if must_disconnect(self.settings, one.connection, now)]
        self._disconnect(ended)
        due = [one for one in due if not must_disconnect(self.settings, one.connection, now)]
        planned = [plan_push(self.settings, one.connection, one.token_noticed, now) for one in due]
        pushes = [push for push in planned if not push.is_notice]
        pushes += self._lease([push for push in planned if push.is_notice], now)
        deliveries = [Delivery(push.connection_id, push.payloads) for push in pushes]
        outcomes = self.pusher.deliver(deliveries, retry_throttled=False)
        arrived: list[ScheduledPush] = []
        for push, outcome in zip(pushes, outcomes, strict=True):
            if outcome is Outcome.GONE:
                self._try(self.on_disconnected, push.connection_id)
            elif outcome not in MISSED:
                arrived.append(push)
        self.due_index.record(arrived)
        self._count("KeepAliveSent", len(arrived))
        self._count("KeepAliveNotices", sum(push.is_notice for push in arrived))
        self._count("KeepAliveGone", outcomes.count(Outcome.GONE))
        self._count("KeepAliveUnreachable", sum(outcome in MISSED for outcome in outcomes))

    def _disconnect(self, ended: Sequence[Connection]) -> None:
        """Close connections and remove those that are closed. The others stay due.

        The index may be behind for a connection that joined or got a new token in this second. Its client
        reconnects.
        """
        if not ended:
            return
        connection_ids = [connection.connection_id for connection in ended]
        outcomes = self.pusher.disconnect(connection_ids)
        for connection_id, outcome in zip(connection_ids, outcomes, strict=True):
            if outcome in CLOSED:
                self._try(self.on_disconnected, connection_id)
                self._count("KeepAliveDisconnected", 1)
            else:
                self._postpone()

    def _lease(self, notices: Sequence[ScheduledPush], now: int) -> list[ScheduledPush]:
        """Return the notices that no other run has leased."""
        until = now + NOTICE_LEASE_SECONDS
        leases = [
            ScheduledPush(
                connection_id=notice.connection_id, expected_due_at=notice.expected_due_at, due_at=until
            )
            for notice in notices
        ]
        written = self.due_index.record(leases) if leases else []
        return [
            replace(notice, expected_due_at=until)
            for notice, is_written in zip(notices, written, strict=True)
            if is_written
        ]

    def _try(self, act: Callable[[Item], object], item: Item) -> None:
        """Act on one item. If it fails, it stays due, and the other items are processed."""
        try:
            act(item)
        except UnavailableError:
            self._postpone()

    def _postpone(self) -> None:
        self.logger.warning("left for the next run")
        self._count("KeepAliveLeft", 1)

    def _count(self, name: str, value: int) -> None:
        if value:
            self.metrics.count(name, value)
