"""A speaker takes its session up again, on another connection or after an absence."""

from dataclasses import dataclass

from domain.authorization import TRIES, free_to_attach, known_connection, open_session, request_record
from domain.digest import request_key
from domain.errors import ConflictError, ForbiddenError, UnauthorizedError, UnavailableError
from domain.model import Connection, Position, Session
from domain.ports import (
    Clock,
    Connections,
    Listeners,
    Message,
    Metrics,
    RateLimits,
    Refused,
    Replayer,
    Sessions,
    total,
)
from domain.rate_limits import LimitRules, take
from domain.settings import Settings
from use_cases.takeover import Takeover
from wire.replies import session_resumed


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeSession:
    """Raises the session's generation: the connection attached before is told, and has no rights any more.

    Idempotent: the connection that is the speaker already raises nothing, and neither does a late repeat of a
    request that was carried out on this connection (then a newer one may have the session: ConflictError).
    """

    sessions: Sessions
    connections: Connections
    listeners: Listeners
    rate_limits: RateLimits
    replayer: Replayer
    takeover: Takeover
    settings: Settings
    metrics: Metrics
    clock: Clock

    def __call__(
        self,
        connection_id: str,
        *,
        session_id: str,
        position: Position | None,
        request_id: str | None,
        generation: int | None = None,
    ) -> Message:
        """Reply sessionResumed.

        Raises UnauthorizedError, TokenExpiredError, SessionNotFoundError, ForbiddenError (not the owner),
        SessionEndedError, and ConflictError for a connection with another session, or if a later
        generation than `generation` exists. A client that resumes by itself names the generation of its
        latest attachment; its own resume whose reply was lost is recognised by `request_id`.
        """
        now = self.clock()
        take(self.rate_limits, LimitRules(self.settings.limits).requests_of(connection_id, now), now)
        session = self._resumed(connection_id, session_id, request_id, generation, now)
        replay = None
        if position is not None:
            replay = self.replayer.replay(session, connection_id, position, None)
        listeners = total(self.listeners.counts(session_id, session.shards))
        return session_resumed(session, listeners=listeners, replay=replay)

    def _resumed(
        self, connection_id: str, session_id: str, request_id: str | None, generation: int | None, now: int
    ) -> Session:
        request = request_record(connection_id, "resumeSession", request_id, session_id, now)
        for _ in range(TRIES):
            connection = known_connection(self.connections, connection_id, now)
            session = self._owned(connection, session_id, now)
            if session.speaker_connection_id == connection_id:
                return session
            attach_key = _attach_key(connection, request_id)
            is_own = attach_key is not None and session.attach_key == attach_key
            if generation is not None and session.generation > generation and not is_own:
                raise ConflictError("The session was resumed on another connection since.")
            instead_of = free_to_attach(self.sessions, connection, now)
            try:
                resumed = self.sessions.attach(
                    session,
                    connection_id=connection_id,
                    instead_of=instead_of,
                    request=request,
                    attach_key=attach_key,
                    now=now,
                )
            except Refused as refused:
                if refused.request is not None:
                    return self._still(connection_id, session_id, now)
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
            raise ForbiddenError("The session belongs to someone else.")
        return open_session(session, now)

    def _still(self, connection_id: str, session_id: str, now: int) -> Session:
        """The session of a repeated request, if nobody took it up since."""
        session = open_session(self.sessions.get(session_id), now)
        if session.speaker_connection_id != connection_id:
            raise ConflictError("A newer connection has taken the session up.")
        return session


def _attach_key(connection: Connection, request_id: str | None) -> str | None:
    """Return the key by which a repeat of this request on another connection is recognised."""
    if request_id is None or connection.subject is None:
        return None
    return request_key(connection.subject, "resumeSession", request_id)
