"""Resumes a session: makes a connection its speaker, on a new connection or after an absence."""

from dataclasses import dataclass

from domain.authorization import (
    MAX_ATTEMPTS,
    attachment_to_replace,
    request_record,
    require_open_session,
    require_valid_connection,
)
from domain.digest import request_key
from domain.errors import ConflictError, ForbiddenError, UnauthorizedError, UnavailableError
from domain.events import SessionResumed
from domain.model import Caller, Connection, Position, Session
from domain.ports import (
    Clock,
    ConditionFailed,
    Connections,
    Listeners,
    Metrics,
    Replayer,
    Sessions,
)
from domain.settings import Settings
from use_cases.takeover import Takeover


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeSession:
    """Raises the session's generation. The speaker before is notified and loses its permissions.

    Idempotent: a connection that is the speaker does not raise it, and neither does a late repeat of a
    request that was processed on this connection. If a newer connection is the speaker by then, a repeat
    raises ConflictError.
    """

    sessions: Sessions
    connections: Connections
    listeners: Listeners
    replayer: Replayer
    takeover: Takeover
    settings: Settings
    metrics: Metrics
    clock: Clock

    def __call__(
        self,
        caller: Caller,
        *,
        session_id: str,
        position: Position | None,
        request_id: str | None,
        generation: int | None = None,
    ) -> SessionResumed:
        """Make the connection the speaker; return the session.

        Raises UnauthorizedError, TokenExpiredError, SessionNotFoundError, ForbiddenError (not the owner),
        SessionEndedError, and ConflictError for a connection with another session, or if a later generation
        than `generation` exists. A client that resumes by itself sends the generation of its latest
        attachment. Its own resume whose reply was lost is recognized by `request_id`.
        """
        now = self.clock()
        session = self._resume(caller.connection_id or "", session_id, request_id, generation, now)
        replay = None
        if position is not None:
            replay = self.replayer.replay(session, caller, position, None)
        listeners = self.listeners.count(session_id, session.capacity)
        return SessionResumed(session, listeners, replay)

    def _resume(
        self, connection_id: str, session_id: str, request_id: str | None, generation: int | None, now: int
    ) -> Session:
        request = request_record(connection_id, "resumeSession", request_id, session_id, now)
        for _ in range(MAX_ATTEMPTS):
            connection = require_valid_connection(self.connections, connection_id, now)
            session = self._owned(connection, session_id, now)
            if session.speaker_connection_id == connection_id:
                return session
            attach_key = _attach_key(connection, request_id)
            is_own = attach_key is not None and session.attach_key == attach_key
            if generation is not None and session.generation > generation and not is_own:
                raise ConflictError("The session was resumed on another connection since.")
            instead_of = attachment_to_replace(self.sessions, connection, now)
            try:
                resumed = self.sessions.attach(
                    session,
                    connection_id=connection_id,
                    instead_of=instead_of,
                    request=request,
                    attach_key=attach_key,
                    now=now,
                )
            except ConditionFailed as failed:
                if failed.request is not None:
                    return self._recall(connection_id, session_id, now)
                continue
            self.takeover(session, resumed)
            self.metrics.count("SessionsResumed")
            return resumed
        raise UnavailableError

    def _owned(self, connection: Connection, session_id: str, now: int) -> Session:
        if connection.subject is None:
            raise UnauthorizedError
        session = self.sessions.get(session_id)
        if session is not None and not session.is_gone(now) and session.owner_id != connection.subject:
            raise ForbiddenError("The session belongs to another user.")
        return require_open_session(session, now)

    def _recall(self, connection_id: str, session_id: str, now: int) -> Session:
        """Return the session of a repeated request. Raises ConflictError if a newer connection resumed it."""
        session = require_open_session(self.sessions.get(session_id), now)
        if session.speaker_connection_id != connection_id:
            raise ConflictError("A newer connection has resumed the session.")
        return session


def _attach_key(connection: Connection, request_id: str | None) -> str | None:
    """Return the key that identifies a repeat of this request on another connection, or None."""
    if request_id is None or connection.subject is None:
        return None
    return request_key(connection.subject, "resumeSession", request_id)
