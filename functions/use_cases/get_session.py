"""Returns a session: by its id, or the one that a connection is attached to."""

from dataclasses import dataclass

from domain.authorization import require_session, require_valid_connection
from domain.errors import SessionNotFoundError
from domain.events import SessionView
from domain.model import Connection, Role, Session
from domain.ports import Clock, Connections, Listeners, Sessions
from domain.rate_limits import RequestLimit
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpSession:
    """Returns what anyone with the session's id may see."""

    sessions: Sessions
    listeners: Listeners
    request_limit: RequestLimit
    settings: Settings
    clock: Clock

    def __call__(
        self, session_id: str, *, requester: str, connection: Connection | None = None
    ) -> SessionView:
        """Return the session, also if it has ended and session that is kept. Raises SessionNotFoundError."""
        now = self.clock()
        self.request_limit(requester, now)
        session = require_session(self.sessions.get(session_id), now)
        listeners = self.listeners.count(session_id, session.capacity)
        role = _role_in(session, connection)
        return SessionView(session, listeners, role, session.ended_because(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSession:
    """Returns the session over a connection, with the connection's role."""

    connections: Connections
    look_up_session: LookUpSession

    def __call__(self, connection_id: str, *, session_id: str | None) -> SessionView:
        """Return the session. Raises SessionNotFoundError."""
        connection = require_valid_connection(self.connections, connection_id, self.look_up_session.clock())
        if session_id is None and connection.attachment is None:
            raise SessionNotFoundError("The connection is attached to no session; send a sessionId.")
        wanted = session_id or (connection.attachment.session_id if connection.attachment else "")
        return self.look_up_session(wanted, requester=connection_id, connection=connection)


def _role_in(session: Session, connection: Connection | None) -> Role | None:
    """Return the connection's role, or None if it has none or a newer connection replaced the speaker."""
    attachment = connection.attachment if connection else None
    if attachment is None or attachment.session_id != session.session_id:
        return None
    if attachment.role is Role.SPEAKER and attachment.generation != session.generation:
        return None
    return attachment.role
