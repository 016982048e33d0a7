"""A recorded heartbeat: the keep-alive run need not ping a connection that has just sent something."""

from dataclasses import dataclass

from domain.ports import Clock, PostponeCheck
from domain.settings import Settings
from keep_alive.schedule import refresh_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One call. In a stack that records no heartbeats API Gateway answers without a function."""

    postpone_check: PostponeCheck
    settings: Settings
    clock: Clock

    def __call__(self, connection_id: str, connected_at_ms: int) -> int:
        """Postpone the check; return the time in epoch seconds."""
        now = self.clock()
        refresh = refresh_at(self.settings, connection_id, connected_at_ms // 1000)
        due_at = now + self.settings.idle_ping
        ends_unattached = connected_at_ms // 1000 + self.settings.unattached_lifetime
        due_at = min([due_at, *(moment for moment in (refresh, ends_unattached) if now < moment)])
        self.postpone_check(
            connection_id, due_at=due_at, now=now, token_after=due_at + self.settings.token_notice
        )
        return now
