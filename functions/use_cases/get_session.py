"""Looking a session up: by its id, or the one that a connection is attached to."""

from dataclasses import dataclass

from domain.authorization import kept_session, known_connection
from domain.errors import SessionNotFoundError
from domain.model import Connection, Role, Session
from domain.ports import Clock, Connections, Listeners, Message, RateLimits, Sessions, total
from domain.rate_limits import LimitRules, take
from domain.settings import Settings
from wire.replies import session_view


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """What anyone may know who knows a session's id."""

    sessions: Sessions
    listeners: Listeners
    rate_limits: RateLimits
    settings: Settings
    clock: Clock

    def __call__(self, session_id: str, *, who: str, connection: Connection | None = None) -> Message:
        """Raises SessionNotFoundError; a session that is over is shown as such while it is kept."""
        now = self.clock()
        take(self.rate_limits, LimitRules(self.settings.limits).requests_of(who, now), now)
        session = kept_session(self.sessions.get(session_id), now)
        listeners = total(self.listeners.counts(session_id, session.shards))
        return session_view(session, listeners=listeners, role=_role_in(session, connection), now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSession:
    """The same over a connection, whose own role it tells."""

    connections: Connections
    look_up: LookUp

    def __call__(self, connection_id: str, *, session_id: str | None) -> Message:
        connection = known_connection(self.connections, connection_id, self.look_up.clock())
        if session_id is None and connection.attachment is None:
            raise SessionNotFoundError("This connection is attached to no session; name one.")
        wanted = session_id or (connection.attachment.session_id if connection.attachment else "")
        return self.look_up(wanted, who=connection_id, connection=connection)


def _role_in(session: Session, connection: Connection | None) -> Role | None:
    """The role that holds: not that of a speaker whom a newer connection replaced."""
    attachment = connection.attachment if connection else None
    if attachment is None or attachment.session_id != session.session_id:
        return None
    if attachment.role is Role.SPEAKER and attachment.generation != session.generation:
        return None
    return attachment.role
