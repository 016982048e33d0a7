"""Removes a connection after `$disconnect`, which may come late, twice or never, or after a failed push."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.authorization import MAX_ATTEMPTS
from domain.errors import UnavailableError
from domain.model import Attachment, Role
from domain.ports import Clock, Condition, ConditionFailed, Connections, Metrics, RetryBudget
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """Two calls for a listener. Repeats change nothing."""

    connections: Connections
    announce_absence: Callable[[str], None]
    """Informs the listeners of a session that its speaker is away (use_cases/absence.py)."""
    retry_budget: RetryBudget
    settings: Settings
    metrics: Metrics
    clock: Clock
    removes_speakers: bool = True
    """Whether a speaker's connection is removed. Without that, this needs no access to sessions."""

    def __call__(self, connection_id: str) -> Attachment | None:
        """Delete the connection; return the attachment that was removed with it, or None.

        A listener's row is deleted with it. A speaker's session starts its grace period, unless a newer
        connection is its speaker.
        """
        for _ in range(MAX_ATTEMPTS):
            connection = self.connections.get(connection_id)
            if connection is None:
                return None
            attachment = connection.attachment
            is_speaker = attachment is not None and attachment.role is Role.SPEAKER
            if is_speaker and not self.removes_speakers:
                return None
            try:
                self.connections.close(
                    connection,
                    grace_until=self.clock() + self.settings.speaker_grace,
                    retry_budget=self.retry_budget,
                )
            except ConditionFailed as failed:
                if Condition.CONNECTION in failed.conditions:
                    continue  # gone, or attached otherwise, since it was read
                try:
                    self.connections.forget(connection)
                except ConditionFailed:
                    continue
                attachment = None
            else:
                if attachment is not None and is_speaker:
                    self.announce_absence(attachment.session_id)
            self.metrics.count("ConnectionsClosed")
            return attachment
        raise UnavailableError
