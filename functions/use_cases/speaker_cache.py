"""The speakers that one instance of a function has cached, and whether each may publish now.

A cached connection and session save the reads of the next publish. They may be outdated, so the write that
follows has them as its condition.
"""

from collections import OrderedDict

from domain.authorization import require_open_session, require_speaker, require_valid_connection
from domain.errors import (
    ConflictError,
    ForbiddenError,
    RateLimitedError,
    SessionEndedError,
    SessionNotFoundError,
    TokenExpiredError,
)
from domain.model import Connection, Session, Status
from domain.ports import Clock, Connections, Sessions
from domain.rate_limits import MINUTE_SECONDS
from domain.settings import Limits

MAX_SPEAKERS = 1_000
"""The least recently used speaker beyond this number is removed."""


class SpeakerCache:
    """`in` tests whether a connection is cached."""

    def __init__(self, *, sessions: Sessions, connections: Connections, limits: Limits, clock: Clock) -> None:
        self._sessions = sessions
        self._connections = connections
        self._limits = limits
        self._clock = clock
        self._cached: OrderedDict[str, tuple[Connection, Session]] = OrderedDict()

    def __contains__(self, connection_id: str) -> bool:
        return connection_id in self._cached

    def get(self, connection_id: str) -> tuple[Connection, Session]:
        """Return the connection and its session: as cached if they permit a publish, else as read.

        A cached session whose batch is due is read again, because the batch may have been sent.

        Raises ForbiddenError for a connection that is no speaker's, TokenExpiredError, SessionNotFoundError,
        UnavailableError, and RateLimitedError if the cached session is at its limit.
        """
        cached = self._cached.get(connection_id)
        if cached is not None and cached[1].batch is not None and cached[1].batch.due_at <= self._clock():
            cached = None
        if cached is not None:
            try:
                self.check_may_publish(*cached)
            except (ForbiddenError, TokenExpiredError, SessionEndedError, ConflictError):
                self._cached.pop(connection_id)
            else:
                return cached
        connection = require_valid_connection(self._connections, connection_id, self._clock())
        require_speaker(connection)
        session = connection.attachment and self._sessions.get(connection.attachment.session_id)
        if session is None:
            raise SessionNotFoundError
        return connection, session

    def check_may_publish(self, connection: Connection, session: Session | None) -> Session:
        """Return the session if this connection may publish to it now.

        Raises TokenExpiredError, SessionNotFoundError, SessionEndedError, ForbiddenError (another connection
        is the speaker by now), ConflictError (paused) and RateLimitedError.
        """
        now = self._clock()
        if connection.token_expired(now):
            raise TokenExpiredError
        session = require_open_session(session, now)
        speaker = session.speaker_connection_id, session.generation
        if speaker != (connection.connection_id, require_speaker(connection).generation):
            raise ForbiddenError("Another connection is the speaker of this session now.")
        if session.status is not Status.ACTIVE:
            raise ConflictError("The session is paused.")
        self.next_count(session, now)
        return session

    def next_count(self, session: Session, now: int) -> int:
        """Return the number of messages in this minute with the next one. Raises RateLimitedError."""
        count = session.rate_count + 1 if session.rate_window == now // MINUTE_SECONDS else 1
        if self._limits.enabled and count > self._limits.messages_per_minute:
            raise RateLimitedError(retry_after=MINUTE_SECONDS - now % MINUTE_SECONDS)
        return count

    def put(self, connection: Connection, session: Session) -> None:
        """Cache both for the next publish."""
        self._cached[connection.connection_id] = connection, session
        self._cached.move_to_end(connection.connection_id)
        if len(self._cached) > MAX_SPEAKERS:
            self._cached.popitem(last=False)

    def remove(self, connection_id: str) -> None:
        """Remove a connection that is outdated."""
        self._cached.pop(connection_id, None)
