"""Joins a session as a listener, or recovers a listener's position in it."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace

from domain.authorization import (
    MAX_ATTEMPTS,
    Caller,
    attachment_to_replace,
    require_open_session,
    require_session,
    require_supported_language,
)
from domain.errors import (
    SessionEndedError,
    SessionError,
    SessionFullError,
    SessionNotFoundError,
    TokenExpiredError,
    UnavailableError,
)
from domain.events import SessionJoined
from domain.model import Attachment, Limit, Position, Replayed, Role, Session
from domain.ports import (
    Clock,
    Condition,
    ConditionFailed,
    Listeners,
    Metrics,
    RateLimits,
    Replayer,
    Sessions,
)
from domain.rate_limits import LimitRules, RequestLimit, enforce, limit_exceeded
from domain.settings import MAX_SHARDS, Settings

FULL_RETRY_SECONDS = 10
"""Time after which a listener of a full session may try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinSession:
    """Two calls: one transaction registers the listener, then the session is read.

    In this order no message is lost between them: a publish after the read finds the listener, and earlier
    ones are covered by the reply's offset. For a listener that has joined, the same request recovers and
    counts nothing. With a position it recovers the last messages of a session that has ended, too, and
    registers no listener.
    """

    sessions: Sessions
    listeners: Listeners
    rate_limits: RateLimits
    request_limit: RequestLimit
    replayer: Replayer
    settings: Settings
    metrics: Metrics
    clock: Clock

    def __call__(
        self, caller: Caller, *, session_id: str, target_language: str, position: Position | None
    ) -> SessionJoined:
        """Join; return the session as it is after that.

        Raises SessionNotFoundError, SessionEndedError (without a position), SessionFullError,
        RateLimitedError, and ConflictError for a connection that is attached otherwise.
        """
        require_supported_language(self.settings, target_language)
        connection_id = caller.connection_id or ""
        now = self.clock()
        try:
            session, is_new = self._join(caller, session_id, target_language, now)
        except SessionEndedError:
            if position is None:
                raise
            session, is_new = require_session(self.sessions.get(session_id), now), False
        replay = Replayed()
        if position is not None:
            if not is_new:
                self.request_limit(connection_id, now)
            replay = self.replayer.replay(session, connection_id, position, target_language)
        return SessionJoined(session, target_language, replay, session.ended_because(now))

    def _join(self, caller: Caller, session_id: str, target_language: str, now: int) -> tuple[Session, bool]:
        """Register the listener, then return the session and whether the listener is new."""
        connection_id = caller.connection_id or ""
        wanted = Attachment(
            session_id=session_id,
            role=Role.LISTENER,
            shard=_first_shard(connection_id, self.settings.shards),
            target_language=target_language,
        )
        limit = LimitRules(self.settings.limits).joins_from(caller.address, now)
        attachment, is_new = self._register(connection_id, wanted, limit, now)
        try:
            session = require_open_session(self.sessions.get(session_id), now)
        except SessionError as error:
            if is_new or isinstance(error, SessionNotFoundError):
                self._undo(connection_id, attachment)
            raise
        if is_new:
            self.metrics.count("ListenersJoined")
        return session, is_new

    def _register(
        self, connection_id: str, attachment: Attachment, limit: Limit | None, now: int
    ) -> tuple[Attachment, bool]:
        """Return the listener's attachment and whether it is new. A new one counts towards `limit` once."""
        instead_of: Attachment | None = None
        ttl = now + self.settings.session_lifetime + self.settings.ended_retention
        for _ in range(MAX_ATTEMPTS + MAX_SHARDS):
            try:
                self.listeners.join(
                    connection_id=connection_id,
                    attachment=attachment,
                    instead_of=instead_of,
                    limit=limit,
                    ttl=ttl,
                    now=now,
                )
            except ConditionFailed as failed:
                joined = _joined_attachment(failed, attachment, now)
                if joined is not None:
                    if self._retarget(connection_id, joined, attachment):
                        return joined, False
                elif Condition.CONNECTION in failed.conditions:
                    instead_of = attachment_to_replace(self.sessions, failed.connection, now)
                elif Condition.LIMIT in failed.conditions:
                    raise limit_exceeded(limit, now) from failed
                elif Condition.SHARD in failed.conditions:
                    enforce(self.rate_limits, limit, now)
                    limit = None
                    attachment = replace(attachment, shard=self._shard_with_room(attachment.session_id, now))
                else:
                    self._drop(connection_id, attachment)
            else:
                return attachment, True
        raise UnavailableError

    def _shard_with_room(self, session_id: str, now: int) -> int:
        """Return the shard with the most room. Raises SessionFullError if all are full."""
        session = require_open_session(self.sessions.get(session_id), now)
        counts = self.listeners.counts(session_id, session.shards)
        roomiest = max(counts, key=lambda count: count.capacity - count.listeners, default=None)
        if roomiest is None or roomiest.listeners >= roomiest.capacity:
            raise SessionFullError(retry_after=FULL_RETRY_SECONDS)
        return roomiest.shard

    def _retarget(self, connection_id: str, joined: Attachment, wanted: Attachment) -> bool:
        """Change the language to that of the latest request. Return False if the listener has left."""
        if joined.target_language == wanted.target_language or wanted.target_language is None:
            return True
        try:
            self.listeners.retarget(
                connection_id=connection_id, attachment=joined, target_language=wanted.target_language
            )
        except ConditionFailed:
            return False
        return True

    def _undo(self, connection_id: str, attachment: Attachment) -> None:
        with suppress(ConditionFailed):
            self.listeners.leave(connection_id=connection_id, attachment=attachment, request=None)

    def _drop(self, connection_id: str, attachment: Attachment) -> None:
        """Remove a row that is left from an attachment that the connection does not have."""
        with suppress(ConditionFailed):
            self.listeners.drop(
                connection_id=connection_id, session_id=attachment.session_id, shard=attachment.shard
            )


def _joined_attachment(failed: ConditionFailed, wanted: Attachment, now: int) -> Attachment | None:
    """Return the connection's attachment as a listener of the same session, or None."""
    connection = failed.connection
    if connection is None or connection.attachment is None:
        return None
    attachment = connection.attachment
    if attachment.role is not Role.LISTENER or attachment.session_id != wanted.session_id:
        return None
    if connection.token_expired(now):
        raise TokenExpiredError
    return attachment


def _first_shard(connection_id: str, shards: int) -> int:
    """Return the shard that a connection tries first. It spreads listeners evenly."""
    return int.from_bytes(hashlib.sha256(connection_id.encode()).digest()[:4]) % shards
