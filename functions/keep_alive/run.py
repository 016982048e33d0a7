"""The scheduled run: what is due is looked at, told, ended or cleared away. Nothing else is read.

Two runs may overlap, a run may crash anywhere, and a minute may be skipped. What holds it together:

- A ping goes out first and is recorded after, on condition that nobody changed `dueAt` meanwhile. Twice costs
  one push more; never would cost the connection its life.
- A notice is claimed for `CLAIM` seconds first, so that of runs that overlap one sends it, and is recorded
  after. A crash between the two repeats it.
- What was not carried out stays due, and the next run finds it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from domain.errors import UnavailableError
from domain.model import Connection, Session
from domain.ports import Clock, Logger, Metrics
from domain.pusher import CLOSED, Delivery, Outcome, PushConfigurationError, Pusher
from domain.settings import Settings
from keep_alive.schedule import Visit, has_outstayed, plan_visit

Thing = TypeVar("Thing")

DUE_SHARDS = 16
"""Partitions of each `due` index."""

MISSED = frozenset({Outcome.UNREACHABLE, Outcome.THROTTLED})
"""Outcomes of a visit after which it stays due."""

CLAIM = 30
"""Seconds for which a notice is one run's own; less than the minute between runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueConnection:
    """A connection from the index, and the token's end of which it was told already."""

    connection: Connection
    token_noticed: int | None = None


class DueIndex(Protocol):
    """What is due, and the writes that say when it is due again."""

    def connections(self, shard: int, *, since: int, until: int) -> Iterator[Sequence[DueConnection]]:
        """Pages, none empty, of the connections that are due from `since` to `until`, earliest first."""
        ...

    def sessions(self, shard: int, *, since: int, until: int) -> Iterator[Sequence[Session]]:
        """Pages of sessions, likewise."""
        ...

    def record(self, visits: Sequence[Visit]) -> list[bool]:
        """Write what the visits have to record, several at a time.

        False for what was not written: another came before, the connection is gone, or the table is away.
        """
        ...


@dataclass(frozen=True, slots=True)
class Unit:
    """One shard of one index (`sessions` or `connections`), from the moment `since` on."""

    kind: str
    shard: int
    since: int = 0


def all_units(now: int) -> tuple[Unit, ...]:
    """Everything: sessions first, for they are few and matter most.

    Each minute begins at another shard, so that a run that overlaps the one before it starts elsewhere.
    """
    first = now // 60 * 7
    shards = [(first + step) % DUE_SHARDS for step in range(DUE_SHARDS)]
    return tuple(Unit(kind, shard) for kind in ("sessions", "connections") for shard in shards)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAlive:
    """One run. Costs a query a shard, and what is due: a push and a write a ping, one write more a notice."""

    due: DueIndex
    end: Callable[[Session], None]
    """Ends a session whose time ran out, and tells everyone (use_cases/end_session.py)."""
    departed: Callable[[str], object]
    """Takes a connection that is gone out of everything (use_cases/disconnect.py)."""
    pusher: Pusher
    settings: Settings
    logger: Logger
    metrics: Metrics
    clock: Clock

    def __call__(self, work: Sequence[Unit], *, time_is_left: Callable[[], bool]) -> tuple[Unit, ...]:
        """Do the work, page by page while time is left; what is returned is left to do.

        Raises PushConfigurationError where no push could ever succeed; the sessions before it are done.
        """
        now = self.clock()
        for position, unit in enumerate(work):
            try:
                stopped_at = self._unit(unit, now, time_is_left)
            except PushConfigurationError:
                raise
            except UnavailableError:
                self._left()  # a shard that cannot be read now; the others can
                continue
            if stopped_at is not None:
                return (replace(unit, since=stopped_at), *work[position + 1 :])
        return ()

    def _unit(self, unit: Unit, now: int, time_is_left: Callable[[], bool]) -> int | None:
        """Do one unit; the moment to go on from, where time ran out.

        Sessions are begun again, since those that have ended are due no more; and time is looked at before
        each, since each has an audience to tell.
        """
        if unit.kind == "sessions":
            for sessions in self.due.sessions(unit.shard, since=unit.since, until=now):
                for session in sessions:
                    if not time_is_left():
                        return unit.since
                    self._try(self.end, session)
        else:
            for connections in self.due.connections(unit.shard, since=unit.since, until=now):
                if not time_is_left():
                    return connections[0].connection.due_at
                self._visit(connections, now)
        return None

    def _visit(self, due: Sequence[DueConnection], now: int) -> None:
        """Push to a page of connections, and record what arrived; cut those whose token is over."""
        self._cut([one.connection for one in due if has_outstayed(self.settings, one.connection, now)])
        due = [one for one in due if not has_outstayed(self.settings, one.connection, now)]
        planned = [plan_visit(self.settings, one.connection, one.token_noticed, now) for one in due]
        visits = [visit for visit in planned if not visit.is_notice]
        visits += self._claimed([visit for visit in planned if visit.is_notice], now)
        outcomes = self.pusher.deliver([Delivery(visit.connection_id, visit.payloads) for visit in visits])
        arrived: list[Visit] = []
        for visit, outcome in zip(visits, outcomes, strict=True):
            if outcome is Outcome.GONE:
                self._try(self.departed, visit.connection_id)
            elif outcome not in MISSED:
                arrived.append(visit)
        self.due.record(arrived)
        self._count("KeepAliveSent", len(arrived))
        self._count("KeepAliveNotices", sum(visit.is_notice for visit in arrived))
        self._count("KeepAliveGone", outcomes.count(Outcome.GONE))
        self._count("KeepAliveUnreachable", sum(outcome in MISSED for outcome in outcomes))

    def _cut(self, outstayed: Sequence[Connection]) -> None:
        """Cut connections and clear those away that are closed; the others stay due.

        One that got a new token in this very second may be among them, by what the index says still; it
        comes back.
        """
        if not outstayed:
            return
        connection_ids = [one.connection_id for one in outstayed]
        for connection_id, outcome in zip(
            connection_ids, self.pusher.disconnect(connection_ids), strict=True
        ):
            if outcome in CLOSED:
                self._try(self.departed, connection_id)
                self._count("KeepAliveCut", 1)
            else:
                self._left()

    def _claimed(self, notices: Sequence[Visit], now: int) -> list[Visit]:
        """The notices that no other run has claimed."""
        until = now + CLAIM
        claims = [Visit(connection_id=one.connection_id, seen=one.seen, due_at=until) for one in notices]
        won = self.due.record(claims) if claims else []
        return [replace(one, seen=until) for one, is_won in zip(notices, won, strict=True) if is_won]

    def _try(self, act: Callable[[Thing], object], thing: Thing) -> None:
        """What cannot be done now stays due; it must not keep the rest from being done."""
        try:
            act(thing)
        except UnavailableError:
            self._left()

    def _left(self) -> None:
        self.logger.warning("left for the next run")
        self._count("KeepAliveLeft", 1)

    def _count(self, name: str, value: int) -> None:
        if value:
            self.metrics.count(name, value)
