"""Doubles of what lies beyond the stores: pushes, broadcasts, replays, the queue and tokens."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.delivery import Delivery, Outcome
from domain.errors import UnavailableError
from domain.events import BroadcastEvent
from domain.model import Caller, Position, Replayed, Reset, Session
from fan_out.tasks import FanOutTask, FlushTask
from wire.pushes import Message, push_of


@dataclass
class ManualClock:
    """Shows the time that a test sets, in epoch seconds."""

    now: int

    def __call__(self) -> int:
        return self.now


@dataclass
class FakePusher:
    """Delivers to all connections but those in `gone` and in `silent`."""

    deliveries: list[Delivery] = field(default_factory=list[Delivery])
    arrived: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    gone: set[str] = field(default_factory=set[str])
    silent: set[str] = field(default_factory=set[str])
    refusal: Exception | None = None

    def deliver(self, deliveries: Sequence[Delivery], *, retry_throttled: bool = True) -> list[Outcome]:
        if self.refusal is not None:
            raise self.refusal
        self.deliveries += deliveries
        return [self._deliver(one) for one in deliveries]

    def disconnect(self, connection_ids: Sequence[str]) -> list[Outcome]:
        closed = [one not in self.silent for one in connection_ids]
        self.gone.update(one for one, is_closed in zip(connection_ids, closed, strict=True) if is_closed)
        return [Outcome.DELIVERED if is_closed else Outcome.THROTTLED for is_closed in closed]

    def types(self, connection_id: str) -> list[str]:
        """Return the types of the messages that a connection got."""
        return [push["type"] for push in self.arrived.get(connection_id, [])]

    def _deliver(self, delivery: Delivery) -> Outcome:
        if delivery.connection_id in self.gone:
            return Outcome.GONE
        if delivery.connection_id in self.silent:
            return Outcome.UNREACHABLE
        self.arrived.setdefault(delivery.connection_id, []).extend(map(json.loads, delivery.payloads))
        return Outcome.DELIVERED


@dataclass
class FakeBroadcaster:
    """Keeps what was broadcast: session id, push, and the connection that was left out."""

    broadcasts: list[tuple[str, Message, str | None]] = field(
        default_factory=list[tuple[str, Message, str | None]]
    )
    is_available: bool = True

    def broadcast(self, session: Session, event: BroadcastEvent, *, exclude: str | None = None) -> bool:
        self.broadcasts.append((session.session_id, push_of(event), exclude))
        return self.is_available


@dataclass
class FakeReplayer:
    """Keeps who asked for which position, and returns `result`."""

    requests: list[tuple[str, Position]] = field(default_factory=list[tuple[str, Position]])
    result: Replayed | Reset = field(default_factory=Replayed)

    def replay(
        self, session: Session, caller: Caller, position: Position, language: str | None
    ) -> Replayed | Reset:
        self.requests.append((caller.connection_id or "", position))
        return self.result


@dataclass
class FakeTokenVerifier:
    """Knows the claims of some tokens, whatever they are signed with."""

    known: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def claims(self, token: str) -> dict[str, Any]:
        return self.known[token]


@dataclass
class FakeQueue:
    """Keeps the tasks that were sent, the delay of each, and the sessions to flush with theirs."""

    tasks: list[FanOutTask] = field(default_factory=list[FanOutTask])
    delays: list[int] = field(default_factory=list[int])
    flushes: list[tuple[FlushTask, int]] = field(default_factory=list[tuple[FlushTask, int]])
    is_away: bool = False

    def send(self, tasks: Sequence[FanOutTask], *, delay_seconds: int = 0) -> None:
        if self.is_away:
            raise UnavailableError
        self.tasks += tasks
        self.delays += [delay_seconds] * len(tasks)

    def flush_later(self, flushes: Sequence[tuple[FlushTask, int]]) -> None:
        if self.is_away:
            raise UnavailableError
        self.flushes += flushes

    def retry_soon(self, received: Sequence[tuple[str, int]]) -> None:
        raise AssertionError("only the consumer's handler returns messages")


@dataclass
class FakeChannel:
    """Delivers to each channel's subscribers, unless its language is in `away`."""

    published: list[tuple[str, str, list[dict[str, Any]]]] = field(
        default_factory=list[tuple[str, str, list[dict[str, Any]]]]
    )
    away: set[str] = field(default_factory=set[str])
    before: Callable[[], None] = lambda: None
    """Called at the start of each publish."""

    def publish(self, channel: str, payloads: Sequence[bytes]) -> None:
        self.before()
        session, _, language = channel.removeprefix("/sessions/").partition("/")
        session_id, _, _ = session.rpartition("-")
        if language in self.away:
            raise UnavailableError
        self.published.append((session_id, language, [json.loads(one) for one in payloads]))

    def pushes(self, language: str) -> list[dict[str, Any]]:
        """Return all pushes on the channels of a language."""
        return [push for _, its, pushes in self.published if its == language for push in pushes]


class NoQueue:
    """Fails a test whose session reaches beyond direct fan-out."""

    def send(self, tasks: Sequence[FanOutTask], *, delay_seconds: int = 0) -> None:
        raise AssertionError("all listeners should be served without the queue")

    def flush_later(self, flushes: Sequence[tuple[FlushTask, int]]) -> None:
        raise AssertionError("no message should wait")

    def retry_soon(self, received: Sequence[tuple[str, int]]) -> None:
        raise AssertionError("nothing was received")
