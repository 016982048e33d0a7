"""A connection leaves its session and stays open."""

from dataclasses import dataclass

from domain.authorization import TRIES, any_connection, request_record
from domain.errors import SessionNotFoundError, UnavailableError
from domain.model import Attachment, RequestRecord, Role
from domain.ports import Clock, Connections, Listeners, Message, Part, RateLimits, Refused, Sessions
from domain.rate_limits import LimitRules, take
from domain.settings import Settings
from wire.replies import session_left


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveSession:
    """A listener is counted no more; a speaker's session starts its grace, as if the connection had gone.

    Leaving needs no right, so an expired token does not matter.
    """

    sessions: Sessions
    connections: Connections
    listeners: Listeners
    rate_limits: RateLimits
    settings: Settings
    clock: Clock

    def __call__(self, connection_id: str, *, request_id: str | None) -> Message:
        """Reply sessionLeft; again, for a connection that left and has joined nothing since."""
        now = self.clock()
        take(self.rate_limits, LimitRules(self.settings.limits).requests_of(connection_id, now), now)
        for _ in range(TRIES):
            connection = any_connection(self.connections.get(connection_id))
            attachment = connection.attachment
            if attachment is None:
                if connection.left_session_id is None:
                    raise SessionNotFoundError("This connection is attached to no session.")
                return session_left(connection.left_session_id)
            request = request_record(connection_id, "leaveSession", request_id, attachment.session_id, now)
            try:
                self._leave(connection_id, attachment, request, now)
            except Refused as refused:
                if refused.request is not None:
                    return session_left(refused.request.session_id)
                if Part.CONNECTION in refused.parts:
                    continue
                self.connections.release(connection_id, attachment)
            return session_left(attachment.session_id)
        raise UnavailableError

    def _leave(
        self, connection_id: str, attachment: Attachment, request: RequestRecord | None, now: int
    ) -> None:
        if attachment.role is Role.LISTENER:
            self.listeners.leave(connection_id=connection_id, attachment=attachment, request=request)
        else:
            grace_until = now + self.settings.speaker_grace
            self.sessions.detach(connection_id, attachment, grace_until=grace_until, request=request)
