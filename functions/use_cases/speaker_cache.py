"""The speakers that one instance of a function knows, with their sessions: whether each may publish now.

What is remembered saves the reads of the next publish, and is only ever a guess: the write that follows has
it as its condition.
"""

from collections import OrderedDict

from domain.authorization import known_connection, open_session, speaking
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
from domain.settings import Limits

MINUTE = 60

REMEMBERED = 1_000
"""Speakers whose connection and session an instance remembers; the longest unused is forgotten first."""


class Speakers:
    """`in` tells whether a connection is remembered."""

    def __init__(self, *, sessions: Sessions, connections: Connections, limits: Limits, clock: Clock) -> None:
        self._sessions = sessions
        self._connections = connections
        self._limits = limits
        self._clock = clock
        self._known: OrderedDict[str, tuple[Connection, Session]] = OrderedDict()

    def __contains__(self, connection_id: str) -> bool:
        return connection_id in self._known

    def of(self, connection_id: str) -> tuple[Connection, Session]:
        """The connection and its session: as remembered, if that permits a publish, else read.

        Raises ForbiddenError for a connection that speaks nowhere, TokenExpiredError, SessionNotFoundError,
        UnavailableError, and RateLimitedError where what is remembered tells so.
        """
        known = self._known.get(connection_id)
        if known is not None:
            try:
                self.permitted(*known)
            except (ForbiddenError, TokenExpiredError, SessionEndedError, ConflictError):
                self._known.pop(connection_id)
            else:
                return known
        connection = known_connection(self._connections, connection_id, self._clock())
        speaking(connection)
        session = connection.attachment and self._sessions.get(connection.attachment.session_id)
        if session is None:
            raise SessionNotFoundError
        return connection, session

    def permitted(self, connection: Connection, session: Session | None) -> Session:
        """The session, if this connection may publish to it now.

        Raises TokenExpiredError, SessionNotFoundError, SessionEndedError, ForbiddenError (another connection
        speaks by now), ConflictError (paused) and RateLimitedError.
        """
        now = self._clock()
        if connection.token_expired(now):
            raise TokenExpiredError
        session = open_session(session, now)
        speaker = session.speaker_connection_id, session.generation
        if speaker != (connection.connection_id, speaking(connection).generation):
            raise ForbiddenError("Another connection speaks for this session now.")
        if session.status is not Status.ACTIVE:
            raise ConflictError("The session is paused.")
        self.rate(session, now)
        return session

    def rate(self, session: Session, now: int) -> int:
        """How many messages the next one makes it in this minute; raises RateLimitedError."""
        count = session.rate_count + 1 if session.rate_window == now // MINUTE else 1
        if self._limits.enabled and count > self._limits.messages_per_minute:
            raise RateLimitedError(retry_after=MINUTE - now % MINUTE)
        return count

    def remember(self, connection: Connection, session: Session) -> None:
        """Keep both for the next publish."""
        self._known[connection.connection_id] = connection, session
        self._known.move_to_end(connection.connection_id)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def forget(self, connection_id: str) -> None:
        """What was remembered is outdated."""
        self._known.pop(connection_id, None)
