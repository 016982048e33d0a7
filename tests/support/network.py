"""A network that loses, doubles, delays and reorders what it carries, by chances that a test sets."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.delivery import Delivery, Outcome
from domain.errors import UnavailableError


@dataclass(frozen=True, kw_only=True)
class Chances:
    """Of each thing that can go wrong, at each occasion."""

    unreachable: float = 0.01
    lost_in_flight: float = 0.002
    held_back: float = 0.1
    doubled_task: float = 0.1
    late_task: float = 0.2
    lost_task: float = 0.001
    failed_delete: float = 0.2
    failed_call: float = 0.01
    speaker_cut: float = 0.005
    listener_goes: float = 0.01
    stays_away: float = 0.95
    disconnect_lost: float = 0.2
    disconnect_doubled: float = 0.2
    channel_fails: float = 0.02
    channel_lost: float = 0.02
    event_lost: float = 0.002
    changes_language: float = 0.01


@dataclass
class ChannelNetwork:
    """Carries pushes to subscribers of a session's channels. Implements the port AudienceChannel."""

    chance: random.Random
    chances: Chances
    subscribers: dict[str, list[Callable[[dict[str, Any]], None]]] = field(
        default_factory=dict[str, list[Callable[[dict[str, Any]], None]]]
    )
    """By target language."""
    requests: int = 0

    def publish(self, channel: str, payloads: Sequence[bytes]) -> None:
        """Publish; a request that fails may have had its effect."""
        language = channel.rpartition("/")[2]
        self.requests += 1
        is_failure = self.chance.random() < self.chances.channel_fails
        if not is_failure or self.chance.random() < 0.5:
            for payload in payloads:
                for receive in self.subscribers.get(language, ()):
                    if self.chance.random() >= self.chances.event_lost:
                        receive(json.loads(payload))
        if is_failure:
            raise UnavailableError


@dataclass
class Network:
    """Carries pushes to open connections. Implements the port Pusher."""

    chance: random.Random
    chances: Chances
    open: dict[str, Callable[[dict[str, Any]], None]] = field(
        default_factory=dict[str, Callable[[dict[str, Any]], None]]
    )
    held: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])

    def deliver(self, deliveries: Sequence[Delivery], *, retry_throttled: bool = True) -> list[Outcome]:
        return [self._deliver(delivery) for delivery in deliveries]

    def disconnect(self, connection_ids: Sequence[str]) -> list[Outcome]:
        return [self._close(connection_id) for connection_id in connection_ids]

    def settle(self, at_most: int | None = None) -> None:
        """Let what was held back arrive, in any order."""
        self.chance.shuffle(self.held)
        arriving, self.held = self.held[:at_most], self.held[len(self.held[:at_most]) :]
        for connection_id, payload in arriving:
            if connection_id in self.open:
                self.open[connection_id](json.loads(payload))

    def _close(self, connection_id: str) -> Outcome:
        if self.chance.random() < self.chances.failed_delete:
            return Outcome.THROTTLED
        return Outcome.GONE if self.open.pop(connection_id, None) is None else Outcome.DELIVERED

    def _deliver(self, delivery: Delivery) -> Outcome:
        for payload in delivery.payloads:
            receive = self.open.get(delivery.connection_id)
            if receive is None:
                return Outcome.GONE
            draw = self.chance.random()
            if draw < self.chances.unreachable:
                return self.chance.choice([Outcome.UNREACHABLE, Outcome.THROTTLED, Outcome.OUT_OF_TIME])
            if draw < self.chances.unreachable + self.chances.lost_in_flight:
                del self.open[delivery.connection_id]
            elif self.chance.random() < self.chances.held_back:
                self.held.append((delivery.connection_id, payload))
            else:
                receive(json.loads(payload))
        return Outcome.DELIVERED
