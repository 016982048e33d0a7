"""A connection is gone: told by `$disconnect`, which may come late, twice or never, or found by a push."""

from dataclasses import dataclass

from domain.authorization import TRIES
from domain.errors import UnavailableError
from domain.model import Attachment
from domain.ports import Clock, Connections, Metrics, Part, Refused, RetryBudget
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """Takes a connection out of everything, once, however often it is asked to. Two calls."""

    connections: Connections
    retry_budget: RetryBudget
    settings: Settings
    metrics: Metrics
    clock: Clock

    def __call__(self, connection_id: str) -> Attachment | None:
        """What the connection was attached to and is so no more; a listener's row went with it.

        A speaker's session starts its grace, unless a newer connection has taken it up already.
        """
        for _ in range(TRIES):
            connection = self.connections.get(connection_id)
            if connection is None:
                return None
            attachment = connection.attachment
            try:
                self.connections.close(
                    connection,
                    grace_until=self.clock() + self.settings.speaker_grace,
                    retry_budget=self.retry_budget,
                )
            except Refused as refused:
                if Part.CONNECTION in refused.parts:
                    continue  # gone, or attached otherwise, since it was read
                try:
                    self.connections.forget(connection)
                except Refused:
                    continue
                attachment = None
            self.metrics.count("ConnectionsClosed")
            return attachment
        raise UnavailableError
