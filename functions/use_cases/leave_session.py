"""Detaches a connection from its session. The connection stays open."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.authorization import MAX_ATTEMPTS, request_record, require_connection
from domain.errors import SessionNotFoundError, UnavailableError
from domain.events import SessionLeft
from domain.model import Attachment, RequestRecord, Role
from domain.ports import Clock, Condition, ConditionFailed, Connections, Listeners, Sessions
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveSession:
    """Removes a listener, or starts the grace period of a speaker's session, as a disconnect does.

    Leaving needs no permission, so an expired token does not matter.
    """

    sessions: Sessions
    connections: Connections
    listeners: Listeners
    announce_absence: Callable[[str], None]
    """Informs the listeners of a session that its speaker is away (use_cases/absence.py)."""
    settings: Settings
    clock: Clock

    def __call__(self, connection_id: str, *, request_id: str | None) -> SessionLeft:
        """Return the session that was left, now or by an earlier request."""
        now = self.clock()
        for _ in range(MAX_ATTEMPTS):
            connection = require_connection(self.connections.get(connection_id))
            attachment = connection.attachment
            if attachment is None:
                if connection.left_session_id is None:
                    raise SessionNotFoundError("The connection is attached to no session.")
                return SessionLeft(connection.left_session_id)
            request = request_record(connection_id, "leaveSession", request_id, attachment.session_id, now)
            try:
                self._leave(connection_id, attachment, request, now)
            except ConditionFailed as failed:
                if failed.request is not None:
                    return SessionLeft(failed.request.session_id)
                if Condition.CONNECTION in failed.conditions:
                    continue
                self.connections.release(connection_id, attachment)
            else:
                if attachment.role is Role.SPEAKER:
                    self.announce_absence(attachment.session_id)
            return SessionLeft(attachment.session_id)
        raise UnavailableError

    def _leave(
        self, connection_id: str, attachment: Attachment, request: RequestRecord | None, now: int
    ) -> None:
        if attachment.role is Role.LISTENER:
            self.listeners.leave(connection_id=connection_id, attachment=attachment, request=request)
        else:
            grace_until = now + self.settings.speaker_grace
            self.sessions.detach(connection_id, attachment, grace_until=grace_until, request=request)
