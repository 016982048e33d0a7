"""Publishing and recovery on real tables, with a management API and a clock of the test's own."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.dynamodb.connection_store import DynamoConnections
from adapters.dynamodb.listener_store import DynamoListeners
from adapters.dynamodb.message_log import DynamoMessageLog
from adapters.dynamodb.rate_limits import DynamoRateLimits
from adapters.dynamodb.session_store import DynamoSessions
from adapters.management_api.sender import BlockingSender, Sender
from adapters.management_api.sender_limits import Schedule, SenderLimits
from adapters.management_api.sigv4 import Credentials
from domain.authorization import Caller
from domain.errors import UnavailableError
from domain.model import AsSpeaker, EndReason, Position
from domain.ports import Message, total
from domain.settings import Limits, Settings
from fan_out.consumer import ServeShards
from fan_out.fan_out import FanOut
from fan_out.prune_listeners import ClearAway
from fan_out.tasks import ShardTask
from tests.functions.fan_out.management_api import Answer, ManagementApi
from use_cases.connect import Connect
from use_cases.create_session import CreateSession
from use_cases.disconnect import Disconnect
from use_cases.hook import Hook, Processing
from use_cases.join_session import JoinSession
from use_cases.presence import Presence
from use_cases.publish import Publish
from use_cases.replay import LogReplayer

START = 1_800_000_000
UNLIMITED = Settings(limits=Limits(enabled=False))
QUICK = SenderLimits(
    attempt_timeout=2.0,
    connect_timeout=2.0,
    failing=Schedule(attempts=3, backoff=0.001, backoff_limit=0.001),
    throttled=Schedule(attempts=6, backoff=0.001, backoff_limit=0.001),
)
numbers = itertools.count(1)


@dataclass
class Queue:
    """Keeps the tasks that were sent."""

    tasks: list[ShardTask] = field(default_factory=list[ShardTask])
    is_away: bool = False

    def send(self, tasks: Sequence[ShardTask]) -> None:
        if self.is_away:
            raise UnavailableError
        self.tasks += tasks


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


class Stage:
    """The functions, joined as bootstrap.py joins them. `now` is the clock, in epoch seconds."""

    def __init__(self, api: ManagementApi, settings: Settings = UNLIMITED, hook: Hook | None = None) -> None:
        self.api = api
        self.now = START
        self.notes = Notes()
        self.queue = Queue()
        self.settings = settings
        self.pusher = BlockingSender(
            lambda: Sender(
                api.url,
                region="us-east-1",
                credentials=lambda: Credentials(access_key="AKID", secret_key="secret"),
                limits=QUICK,
            )
        )
        limits = DynamoRateLimits(self.notes, self.notes)
        self.sessions = DynamoSessions(limits)
        self.connections = DynamoConnections(limits)
        self.listeners = DynamoListeners(limits)
        self.log = DynamoMessageLog(max_age=settings.log_max_age)
        self.disconnect = Disconnect(
            connections=self.connections, settings=settings, metrics=self.notes, clock=self._clock
        )
        clear_away = ClearAway(departed=self.disconnect, listeners=self.listeners, journal=self.notes)
        self.fan_out = FanOut(
            listeners=self.listeners,
            pusher=self.pusher,
            queue=self.queue,
            clear_away=clear_away,
            settings=settings,
            journal=self.notes,
            metrics=self.notes,
        )
        self.serve = ServeShards(
            listeners=self.listeners,
            log=self.log,
            pusher=self.pusher,
            queue=self.queue,
            clear_away=clear_away,
            metrics=self.notes,
        )
        self.presence = Presence(
            sessions=self.sessions, listeners=self.listeners, pusher=self.pusher, clock=self._clock
        )
        self._hook = hook
        self.publisher = self.new_publisher()
        self._limits = limits

    def new_publisher(self) -> Publish:
        """What a cold instance of the publish function has."""
        return Publish(
            sessions=self.sessions,
            connections=self.connections,
            log=self.log,
            fan_out=self.fan_out,
            processing=Processing(
                hook=self._hook, settings=self.settings, journal=self.notes, metrics=self.notes
            ),
            settings=self.settings,
            clock=self._clock,
        )

    def close(self) -> None:
        """Close the connections to the management API."""
        self.pusher.close()

    def connect(self, subject: str | None = None, token_expires_at: int | None = None) -> str:
        """Open a connection; its id."""
        connection_id = f"L{next(numbers):06}abcde="
        Connect(connections=self.connections, settings=self.settings, metrics=self.notes, clock=self._clock)(
            connection_id,
            subject=subject,
            token_expires_at=token_expires_at,
            address="address",
            correlation_id="correlation",
        )
        return connection_id

    def create(self, connection_id: str) -> Message:
        """Create a session on this connection; the reply."""
        return CreateSession(
            sessions=self.sessions,
            listeners=self.listeners,
            settings=self.settings,
            metrics=self.notes,
            clock=self._clock,
        )(
            Caller(connection_id=connection_id, subject="user", address="address"),
            source_language="en",
            quality="standard",
            request_id=None,
        )

    def speaking(self) -> tuple[str, str]:
        """A new session: its speaker's connection, and its id."""
        speaker = self.connect("user")
        return speaker, self.create(speaker)["sessionId"]

    def join(
        self, session_id: str, language: str = "es", position: Position | None = None, listener: str = ""
    ) -> tuple[str, Message]:
        """Join by a new connection, or again by one that has joined; its id, and the reply."""
        connection_id = listener or self.connect()
        reply = JoinSession(
            sessions=self.sessions,
            listeners=self.listeners,
            rate_limits=self._limits,
            replayer=LogReplayer(log=self.log, pusher=self.pusher, settings=self.settings, clock=self._clock),
            settings=self.settings,
            metrics=self.notes,
            clock=self._clock,
        )(
            Caller(connection_id=connection_id, subject=None, address="address"),
            session_id=session_id,
            target_language=language,
            position=position,
        )
        return connection_id, reply

    def publish(self, speaker: str, data: str, request_id: str | None = None, **fields: Any) -> Message:
        """Publish by the warm instance; the reply."""
        caller = Caller(connection_id=speaker, subject="user", address="address")
        return self.publisher(caller, {"data": data, **fields}, request_id)

    def end(self, session_id: str, by: AsSpeaker) -> None:
        """End the session, as its speaker."""
        soon = self.now + 60
        self.sessions.end(session_id, reason=EndReason.ENDED, by=by, now=self.now, ttl=soon, announce_by=soon)

    def slow_down_one_in_each_shard(self, session_id: str, listeners: Sequence[str]) -> None:
        """Let one listener of each shard be answered only when all the others have been."""
        slow = {
            self.listeners.page(session_id, number).listeners[0].connection_id
            for number in range(self.settings.shards)
        }
        others = frozenset(listeners) - slow
        self.api.answer = lambda got: Answer(after=others if got.connection_id in slow else frozenset())

    def listening(self, session_id: str) -> int:
        """How many listeners are counted."""
        return total(self.listeners.counts(session_id, self.settings.shards))

    def heard(self, listener: str) -> list[tuple[int, str | None]]:
        """Offsets and data of the messages that were pushed to a listener; none for skipped."""
        return [
            (push["offset"], push.get("data"))
            for push in self.api.pushes(listener)
            if push["type"] == "message"
        ]

    def with_settings(self, **changes: Any) -> "Stage":
        """The same tables and management API under other settings."""
        return Stage(self.api, replace(self.settings, **changes), self._hook)

    def _clock(self) -> int:
        return self.now
