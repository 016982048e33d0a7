"""A speaker takes its session up again, on another connection or after an absence."""

from dataclasses import dataclass

from domain.authorization import TRIES, free_to_attach, known_connection, open_session, request_record
from domain.errors import ConflictError, ForbiddenError, UnauthorizedError, UnavailableError
from domain.message_log import encode
from domain.model import Attachment, Connection, Position, Role, Session
from domain.ports import (
    Clock,
    Connections,
    Listeners,
    Logger,
    Message,
    Metrics,
    RateLimits,
    Refused,
    Replayer,
    Sessions,
    total,
)
from domain.pusher import Delivery, Outcome, Pusher
from domain.rate_limits import LimitRules, take
from domain.settings import Settings
from wire.replies import connection_replaced, session_resumed


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
    pusher: Pusher
    settings: Settings
    logger: Logger
    metrics: Metrics
    clock: Clock

    def __call__(
        self, connection_id: str, *, session_id: str, position: Position | None, request_id: str | None
    ) -> Message:
        """Reply sessionResumed.

        Raises UnauthorizedError, TokenExpiredError, SessionNotFoundError, ForbiddenError (not the owner),
        SessionEndedError, and ConflictError for a connection that is attached otherwise.
        """
        now = self.clock()
        take(self.rate_limits, LimitRules(self.settings.limits).requests_of(connection_id, now), now)
        session = self._resumed(connection_id, session_id, request_id, now)
        replay = None
        if position is not None:
            replay = self.replayer.replay(session, connection_id, position, None)
        listeners = total(self.listeners.counts(session_id, session.shards))
        return session_resumed(session, listeners=listeners, replay=replay)

    def _resumed(self, connection_id: str, session_id: str, request_id: str | None, now: int) -> Session:
        request = request_record(connection_id, "resumeSession", request_id, session_id, now)
        for _ in range(TRIES):
            connection = known_connection(self.connections, connection_id, now)
            session = self._owned(connection, session_id, now)
            if session.speaker_connection_id == connection_id:
                return session
            instead_of = free_to_attach(self.sessions, connection, now)
            try:
                resumed = self.sessions.attach(
                    session, connection_id=connection_id, instead_of=instead_of, request=request, now=now
                )
            except Refused as refused:
                if refused.request is not None:
                    return self._still(connection_id, session_id, now)
                continue
            self._replace(session, resumed)
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

    def _replace(self, before: Session, now_attached: Session) -> None:
        """Tell the connection that was attached, and take its attachment from it.

        Its rights ended with the generation, so that a failure here costs nothing but the notice.
        """
        older = before.speaker_connection_id
        if older is None:
            return
        push = encode(connection_replaced(now_attached))
        try:
            (outcome,) = self.pusher.deliver([Delivery(older, (push,))])
            attachment = Attachment(
                session_id=before.session_id, role=Role.SPEAKER, generation=before.generation
            )
            self.connections.release(older, attachment)
        except UnavailableError:
            outcome = Outcome.UNREACHABLE
        if outcome is not Outcome.DELIVERED:
            self.logger.info("replaced connection not told", outcome=outcome.value)
