"""Sessions and connections on real tables, with a wire and a clock of the test's own."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.dynamodb.connection_store import DynamoConnections
from adapters.dynamodb.due_index import DynamoDueIndex
from adapters.dynamodb.listener_store import DynamoListeners
from adapters.dynamodb.rate_limits import DynamoRateLimits
from adapters.dynamodb.session_items import due_shard
from adapters.dynamodb.session_store import DynamoSessions
from domain.authorization import Caller
from domain.model import Connection, Position, Replayed, Session
from domain.ports import total
from domain.pusher import Delivery, Outcome
from domain.settings import Limits, Settings
from fan_out.fan_out import FanOut
from fan_out.prune_listeners import ClearAway
from fan_out.tasks import ShardTask
from keep_alive.run import KeepAlive, Unit, all_units
from use_cases.connect import Connect
from use_cases.create_session import CreateSession
from use_cases.disconnect import Disconnect
from use_cases.end_session import EndSession
from use_cases.join_session import JoinSession

START = 1_800_000_000
SETTINGS = Settings(limits=Limits(enabled=False))
numbers = itertools.count(1)


@dataclass
class Wire:
    """What reached whom. A connection that is in `gone` answers so; one in `silent` cannot be reached."""

    arrived: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    gone: set[str] = field(default_factory=set[str])
    silent: set[str] = field(default_factory=set[str])
    refusal: Exception | None = None

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        if self.refusal is not None:
            raise self.refusal
        return [self._deliver(one) for one in deliveries]

    def disconnect(self, connection_ids: Sequence[str]) -> list[Outcome]:
        closed = [one not in self.silent for one in connection_ids]
        self.gone.update(one for one, is_closed in zip(connection_ids, closed, strict=True) if is_closed)
        return [Outcome.DELIVERED if is_closed else Outcome.THROTTLED for is_closed in closed]

    def types(self, connection_id: str) -> list[str]:
        """The types of the messages that a connection got."""
        return [push["type"] for push in self.arrived.get(connection_id, [])]

    def _deliver(self, delivery: Delivery) -> Outcome:
        if delivery.connection_id in self.gone:
            return Outcome.GONE
        if delivery.connection_id in self.silent:
            return Outcome.UNREACHABLE
        self.arrived.setdefault(delivery.connection_id, []).extend(map(json.loads, delivery.payloads))
        return Outcome.DELIVERED


@dataclass
class Notes:
    """Keeps what was logged and counted."""

    events: list[str] = field(default_factory=list[str])
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def info(self, event: str, **fields: object) -> None:
        self.events.append(event)

    def warning(self, event: str, **fields: object) -> None:
        self.events.append(event)

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + value


class NoQueue:
    """The audiences here are small."""

    def send(self, tasks: Sequence[ShardTask]) -> None:
        raise AssertionError("everyone is within reach")


class NoReplay:
    """Nobody missed anything."""

    def replay(
        self, session: Session, connection_id: str, position: Position, language: str | None
    ) -> Replayed:
        return Replayed()


class World:
    """The functions, joined as bootstrap joins them. `now` is the clock, in epoch seconds."""

    def __init__(self, settings: Settings = SETTINGS, page: int = 100) -> None:
        self.now = START
        self.settings = settings
        self.wire = Wire()
        self.notes = Notes()
        self._limits = DynamoRateLimits(self.notes, self.notes)
        self.sessions = DynamoSessions(self._limits)
        self.connections = DynamoConnections(self._limits)
        self.listeners = DynamoListeners(self._limits)
        self.due = DynamoDueIndex(self.sessions, page)

    def clock(self) -> int:
        return self.now

    def connect(self, subject: str | None = None, token_expires_at: int | None = None) -> str:
        """Open a connection; its id."""
        connection_id = f"connection-{next(numbers)}"
        connect = Connect(
            connections=self.connections, settings=self.settings, metrics=self.notes, clock=self.clock
        )
        connect(
            connection_id,
            subject=subject,
            token_expires_at=token_expires_at,
            address="address",
            correlation_id="correlation",
        )
        return connection_id

    def session(self) -> tuple[str, str]:
        """Create a session; its id and its speaker's connection."""
        speaker = self.connect(subject="owner")
        create = CreateSession(
            sessions=self.sessions,
            listeners=self.listeners,
            settings=self.settings,
            metrics=self.notes,
            clock=self.clock,
        )
        caller = Caller(connection_id=speaker, subject="owner", address="address")
        created = create(caller, source_language="en", quality="standard", request_id=None)
        return created["sessionId"], speaker

    def listener(self, session_id: str, token_expires_at: int | None = None) -> str:
        """Join a session; the listener's connection."""
        listener = self.connect("listener" if token_expires_at else None, token_expires_at)
        join = JoinSession(
            sessions=self.sessions,
            listeners=self.listeners,
            rate_limits=self._limits,
            replayer=NoReplay(),
            settings=self.settings,
            metrics=self.notes,
            clock=self.clock,
        )
        caller = Caller(connection_id=listener, subject=None, address="address")
        join(caller, session_id=session_id, target_language="es", position=None)
        return listener

    def keep_alive(self) -> KeepAlive:
        """What a cold instance of the scheduled function has."""
        disconnect = Disconnect(
            connections=self.connections, settings=self.settings, metrics=self.notes, clock=self.clock
        )
        end = EndSession(
            sessions=self.sessions,
            connections=self.connections,
            broadcaster=FanOut(
                listeners=self.listeners,
                pusher=self.wire,
                queue=NoQueue(),
                clear_away=ClearAway(departed=disconnect, listeners=self.listeners, journal=self.notes),
                settings=self.settings,
                journal=self.notes,
                metrics=self.notes,
            ),
            rate_limits=self._limits,
            settings=self.settings,
            metrics=self.notes,
            clock=self.clock,
        )
        return KeepAlive(
            due=self.due,
            end=end.by_the_clock,
            departed=disconnect,
            pusher=self.wire,
            settings=self.settings,
            log=self.notes,
            metrics=self.notes,
            clock=self.clock,
        )

    def run(self, work: Sequence[Unit] | None = None) -> None:
        """One whole run."""
        assert self.keep_alive()(work or all_units(self.now), time_is_left=lambda: True) == ()

    def connection(self, connection_id: str) -> Connection:
        """A connection that is there."""
        found = self.connections.get(connection_id)
        assert found is not None
        return found

    def read(self, session_id: str) -> Session:
        """A session that is there."""
        found = self.sessions.get(session_id)
        assert found is not None
        return found

    def count(self, session_id: str) -> int:
        """How many listeners a session counts."""
        return total(self.listeners.counts(session_id, self.read(session_id).shards))

    def due_now(self) -> list[str]:
        """Ids of whatever is due."""
        due: list[str] = []
        for shard in range(16):
            for page in self.due.sessions(shard, since=0, until=self.now):
                due += [one.session_id for one in page]
            for connections in self.due.connections(shard, since=0, until=self.now):
                due += [one.connection.connection_id for one in connections]
        return due


def units_for(kind: str, *ids: str) -> list[Unit]:
    """The units in which these are found."""
    return [Unit(kind, shard) for shard in sorted({int(due_shard(one)) for one in ids})]
