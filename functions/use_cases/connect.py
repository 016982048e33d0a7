"""A connection opens: it is noted, so that everything else has something to hold on to."""

from dataclasses import dataclass

from domain.due import connection_due
from domain.model import Connection
from domain.ports import Clock, Connections, Metrics, Part, Refused
from domain.rate_limits import LimitRules, over
from domain.settings import Settings

KEPT_AFTER_END = 86400
"""Seconds that a record outlives the longest connection: time enough for the keep-alive to clear it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """`$connect`, after the authorizer has let it through. One call."""

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
        """Raises RateLimitedError."""
        now = self.clock()
        due_at = connection_due(
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
            ttl=now + self.settings.connection_lifetime + KEPT_AFTER_END,
        )
        limit = LimitRules(self.settings.limits).connects_from(address, now)
        try:
            self.connections.open(connection, limit=limit)
        except Refused as refused:
            if Part.LIMIT not in refused.parts:
                raise
            raise over(limit, now) from refused
        self.metrics.count("ConnectionsOpened")
