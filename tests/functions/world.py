"""The operations joined to stores that a test chooses, with doubles of what sends and a clock to set."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.dynamodb.connection_store import DynamoConnections
from adapters.dynamodb.listener_store import DynamoListeners
from adapters.dynamodb.rate_limits import DynamoRateLimits
from adapters.dynamodb.session_store import DynamoSessions
from domain.authorization import Caller
from domain.model import Change, Position, Replayed, Reset, Session, Status
from domain.ports import Connections, Listeners, Message, RateLimits, Sessions, total
from domain.pusher import Delivery, Outcome
from domain.settings import Limits, Settings
from domain.tokens import TokenRules
from tests.functions.memory import (
    Memory,
    MemoryConnections,
    MemoryListeners,
    MemoryRateLimits,
    MemorySessions,
)
from use_cases.connect import Connect
from use_cases.create_session import CreateSession
from use_cases.disconnect import Disconnect
from use_cases.end_session import EndSession
from use_cases.get_session import GetSession, LookUp
from use_cases.join_session import JoinSession
from use_cases.leave_session import LeaveSession
from use_cases.refresh_token import RefreshToken
from use_cases.resume_session import ResumeSession
from use_cases.update_session import UpdateSession

START = 1_800_000_000
ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool"
CLIENT = "client"
UNLIMITED = Settings(limits=Limits(enabled=False))
_numbers = itertools.count(1)


def new_id(prefix: str = "c") -> str:
    """A connection id, or another id, that no test had before."""
    return f"{prefix}{next(_numbers):08}="


@dataclass
class Notes:
    """What was logged, counted, pushed and broadcast."""

    lines: list[tuple[str, dict[str, object]]] = field(default_factory=list[tuple[str, dict[str, object]]])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    pushes: list[Delivery] = field(default_factory=list[Delivery])
    broadcasts: list[tuple[str, Message, str | None]] = field(
        default_factory=list[tuple[str, Message, str | None]]
    )
    replays: list[tuple[str, Position]] = field(default_factory=list[tuple[str, Position]])
    replay_result: Replayed | Reset = field(default_factory=Replayed)
    reachable: bool = True
    """Whether broadcasts reach anyone."""
    claims_of: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def info(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    def warning(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + value

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        self.pushes += deliveries
        return [Outcome.DELIVERED for _ in deliveries]

    def disconnect(self, connection_ids: Sequence[str]) -> list[Outcome]:
        raise AssertionError(connection_ids)

    def broadcast(self, session: Session, push: Message, *, exclude: str | None = None) -> bool:
        self.broadcasts.append((session.session_id, push, exclude))
        return self.reachable

    def replay(
        self, session: Session, connection_id: str, position: Position, language: str | None
    ) -> Replayed | Reset:
        self.replays.append((connection_id, position))
        return self.replay_result

    def claims(self, token: str) -> dict[str, Any]:
        return self.claims_of[token]


@dataclass
class World:
    """Everything that one stack does, but its Lambda functions. `now` is its clock."""

    sessions: Sessions
    connections: Connections
    listeners: Listeners
    rate_limits: RateLimits
    settings: Settings = UNLIMITED
    notes: Notes = field(default_factory=Notes)
    now: int = START

    @classmethod
    def in_memory(cls, settings: Settings = UNLIMITED, memory: Memory | None = None) -> "World":
        memory = memory or Memory()
        return cls(
            MemorySessions(memory),
            MemoryConnections(memory),
            MemoryListeners(memory),
            MemoryRateLimits(memory),
            settings,
        )

    @classmethod
    def on_dynamodb(cls, settings: Settings = UNLIMITED) -> "World":
        notes = Notes()
        limits = DynamoRateLimits(notes, notes)
        return cls(
            DynamoSessions(limits),
            DynamoConnections(limits),
            DynamoListeners(limits),
            limits,
            settings,
            notes,
        )

    def clock(self) -> int:
        return self.now

    def connect(
        self, subject: str | None = None, *, token_expires_at: int | None = None, address: str = "address"
    ) -> str:
        connection_id = new_id()
        self.open(connection_id, subject, token_expires_at=token_expires_at, address=address)
        return connection_id

    def open(
        self,
        connection_id: str,
        subject: str | None = None,
        *,
        token_expires_at: int | None = None,
        address: str = "address",
    ) -> None:
        operation = Connect(
            connections=self.connections, settings=self.settings, metrics=self.notes, clock=self.clock
        )
        operation(
            connection_id,
            subject=subject,
            token_expires_at=token_expires_at,
            address=address,
            correlation_id="correlation",
        )

    def disconnect(self, connection_id: str) -> None:
        operation = Disconnect(
            connections=self.connections, settings=self.settings, metrics=self.notes, clock=self.clock
        )
        operation(connection_id)

    def create(
        self,
        connection_id: str | None,
        subject: str | None = "user",
        *,
        request_id: str | None = None,
        source_language: str = "en",
        quality: str = "standard",
    ) -> Message:
        operation = CreateSession(
            sessions=self.sessions,
            listeners=self.listeners,
            settings=self.settings,
            metrics=self.notes,
            clock=self.clock,
        )
        caller = Caller(connection_id=connection_id, subject=subject, address="address")
        return operation(caller, source_language=source_language, quality=quality, request_id=request_id)

    def speaking(self, subject: str = "user") -> tuple[str, str]:
        """A speaker's connection and its new session."""
        connection_id = self.connect(subject)
        return connection_id, self.create(connection_id, subject)["sessionId"]

    def join(
        self,
        connection_id: str,
        session_id: str,
        *,
        language: str = "es",
        position: Position | None = None,
        address: str = "address",
    ) -> Message:
        operation = JoinSession(
            sessions=self.sessions,
            listeners=self.listeners,
            rate_limits=self.rate_limits,
            replayer=self.notes,
            settings=self.settings,
            metrics=self.notes,
            clock=self.clock,
        )
        caller = Caller(connection_id=connection_id, subject=None, address=address)
        return operation(caller, session_id=session_id, target_language=language, position=position)

    def listening(self, session_id: str, subject: str | None = None) -> str:
        """A new listener's connection."""
        connection_id = self.connect(subject)
        self.join(connection_id, session_id)
        return connection_id

    def leave(self, connection_id: str, *, request_id: str | None = None) -> Message:
        operation = LeaveSession(
            sessions=self.sessions,
            connections=self.connections,
            listeners=self.listeners,
            rate_limits=self.rate_limits,
            settings=self.settings,
            clock=self.clock,
        )
        return operation(connection_id, request_id=request_id)

    def resume(
        self,
        connection_id: str,
        session_id: str,
        *,
        request_id: str | None = None,
        position: Position | None = None,
    ) -> Message:
        operation = ResumeSession(
            sessions=self.sessions,
            connections=self.connections,
            listeners=self.listeners,
            rate_limits=self.rate_limits,
            replayer=self.notes,
            pusher=self.notes,
            settings=self.settings,
            log=self.notes,
            metrics=self.notes,
            clock=self.clock,
        )
        return operation(connection_id, session_id=session_id, position=position, request_id=request_id)

    @property
    def updating(self) -> UpdateSession:
        return UpdateSession(
            sessions=self.sessions,
            connections=self.connections,
            broadcaster=self.notes,
            rate_limits=self.rate_limits,
            settings=self.settings,
            metrics=self.notes,
            clock=self.clock,
        )

    def update(
        self,
        connection_id: str,
        *,
        status: Status | None = None,
        quality: str | None = None,
        request_id: str | None = None,
    ) -> Message:
        change = Change(status=status, quality=quality)
        return self.updating.as_speaker(connection_id, change, request_id=request_id)

    @property
    def ending(self) -> EndSession:
        return EndSession(
            sessions=self.sessions,
            connections=self.connections,
            broadcaster=self.notes,
            rate_limits=self.rate_limits,
            settings=self.settings,
            metrics=self.notes,
            clock=self.clock,
        )

    def end(self, connection_id: str) -> Message:
        return self.ending.as_speaker(connection_id)

    @property
    def looking_up(self) -> LookUp:
        return LookUp(
            sessions=self.sessions,
            listeners=self.listeners,
            rate_limits=self.rate_limits,
            settings=self.settings,
            clock=self.clock,
        )

    def get(self, connection_id: str, session_id: str | None = None) -> Message:
        operation = GetSession(connections=self.connections, look_up=self.looking_up)
        return operation(connection_id, session_id=session_id)

    def refresh(self, connection_id: str, token: str) -> Message:
        operation = RefreshToken(
            connections=self.connections,
            rate_limits=self.rate_limits,
            verifier=self.notes,
            rules=TokenRules(issuer=ISSUER, client_id=CLIENT),
            settings=self.settings,
            clock=self.clock,
        )
        return operation(connection_id, token)

    def session(self, session_id: str) -> Session:
        session = self.sessions.get(session_id)
        assert session is not None
        return session

    def listeners_of(self, session_id: str) -> int:
        """As counted."""
        return total(self.listeners.counts(session_id, self.session(session_id).shards))

    def rows_of(self, session_id: str) -> list[str]:
        """As noted one by one: the connections of all shards."""
        shards = range(self.session(session_id).shards)
        pages = [self.listeners.page(session_id, shard) for shard in shards]
        return sorted(one.connection_id for page in pages for one in page.listeners)
