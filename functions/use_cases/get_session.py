"""Returns a session: by its id, or the one that a connection is attached to."""

from dataclasses import dataclass

from domain.authorization import require_session, require_valid_connection
from domain.errors import SessionNotFoundError
from domain.events import SessionView
from domain.model import Caller, Connection, Role, Session
from domain.ports import Clock, Connections, Listeners, Sessions
from domain.rate_limits import LookupLimit
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpSession:
    """Returns what anyone with the session's id may see."""

    sessions: Sessions
    listeners: Listeners
    lookup_limit: LookupLimit
    settings: Settings
    clock: Clock

    def __call__(
        self, session_id: str, *, caller: Caller, connection: Connection | None = None
    ) -> SessionView:
        """Return the session, also if it has ended and is kept.

        Raises SessionNotFoundError, and RateLimitedError for a caller who has looked up too many sessions
        that do not exist.
        """
        now = self.clock()
        limit = self.lookup_limit.of(caller, now)
        if (
            connection is not None
            and connection.attachment
            and connection.attachment.session_id == session_id
        ):
            session = self.sessions.get(session_id)
        else:
            session, uses = self.sessions.get_with_uses(session_id, limit=limit)
            self.lookup_limit.check(limit, uses, session, now)
            if session is None or session.is_gone(now):
                self.lookup_limit.count_failure(limit)
        session = require_session(session, now)
        listeners = self.listeners.count(session_id, session.capacity)
        role = _role_in(session, connection)
        return SessionView(session, listeners, role, session.ended_because(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSession:
    """Returns the session over a connection, with the connection's role."""

    connections: Connections
    look_up_session: LookUpSession

    def __call__(self, caller: Caller, *, session_id: str | None) -> SessionView:
        """Return the session. Raises SessionNotFoundError and RateLimitedError."""
        connection = require_valid_connection(
            self.connections, caller.connection_id or "", self.look_up_session.clock()
        )
        if session_id is None and connection.attachment is None:
            raise SessionNotFoundError("The connection is attached to no session; send a sessionId.")
        wanted = session_id or (connection.attachment.session_id if connection.attachment else "")
        return self.look_up_session(wanted, caller=caller, connection=connection)


def _role_in(session: Session, connection: Connection | None) -> Role | None:
    """Return the connection's role, or None if it has none or a newer connection replaced the speaker."""
    attachment = connection.attachment if connection else None
    if attachment is None or attachment.session_id != session.session_id:
        return None
    if attachment.role is Role.SPEAKER and attachment.generation != session.generation:
        return None
    return attachment.role
