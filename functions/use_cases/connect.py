"""Handles $connect: records the connection."""

from dataclasses import dataclass

from domain.due import next_check_at
from domain.model import Connection
from domain.ports import Clock, Condition, ConditionFailed, Connections, Metrics
from domain.rate_limits import LimitRules, limit_exceeded
from domain.settings import Settings

RETENTION_SECONDS = 86400
"""How long a record outlives the longest connection, so that the keep-alive run can remove it in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """One call, after the authorizer has allowed the connection."""

    connections: Connections
    settings: Settings
    metrics: Metrics
    clock: Clock

    def __call__(
        self,
        connection_id: str,
        *,
        subject: str | None,
        token_expires_at: int | None,
        address: str,
        correlation_id: str,
    ) -> None:
        """Record the connection. Raises RateLimitedError."""
        now = self.clock()
        due_at = next_check_at(
            self.settings,
            active_at=now,
            connected_at=now,
            token_expires_at=token_expires_at,
            notified=False,
        )
        connection = Connection(
            connection_id=connection_id,
            subject=subject,
            token_expires_at=token_expires_at,
            address=address,
            correlation_id=correlation_id,
            connected_at=now,
            due_at=due_at,
            ttl=now + self.settings.connection_lifetime + RETENTION_SECONDS,
        )
        limit = LimitRules(self.settings).connects_from(address, now)
        try:
            self.connections.open(connection, limit=limit)
        except ConditionFailed as failed:
            if Condition.LIMIT not in failed.conditions:
                raise
            raise limit_exceeded(limit, now) from failed
        self.metrics.count("ConnectionsOpened")
