"""A heartbeat that is recorded: the keep-alive run need not ping a connection that speaks for itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from domain.ports import Message
from domain.settings import Settings
from keep_alive.schedule import refresh_at


class PushForward(Protocol):
    """Moves a connection's next look to later."""

    def __call__(self, connection_id: str, *, due_at: int, now: int, token_after: int) -> None:
        """Set `dueAt`, if that is later, the connection is not due already, and no token's end comes before.

        Its token ends after `token_after`, or it was told of that end. Never refused.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One call; a stack that does not record heartbeats has API Gateway answer by itself, with none."""

    push_forward: PushForward
    settings: Settings
    clock: Callable[[], int]

    def __call__(self, connection_id: str, connected_at_ms: int) -> Message:
        """Reply heartbeatAck."""
        now = self.clock()
        handover = refresh_at(self.settings, connection_id, connected_at_ms // 1000)
        due_at = now + self.settings.idle_ping
        if now < handover:
            due_at = min(due_at, handover)
        self.push_forward(
            connection_id, due_at=due_at, now=now, token_after=due_at + self.settings.token_notice
        )
        return {"type": "heartbeatAck", "serverTime": now * 1000, "connectedAt": connected_at_ms}
