"""A listener joins a session, or recovers its place in it."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace

from domain.authorization import TRIES, Caller, free_to_attach, kept_session, open_session, supported
from domain.errors import (
    SessionEndedError,
    SessionError,
    SessionFullError,
    SessionNotFoundError,
    TokenExpiredError,
    UnavailableError,
)
from domain.model import Attachment, Limit, Position, Replayed, Role, Session
from domain.ports import Clock, Listeners, Message, Metrics, Part, RateLimits, Refused, Replayer, Sessions
from domain.rate_limits import LimitRules, over, take
from domain.settings import MAX_SHARDS, Settings
from wire.replies import session_joined

FULL_RETRY = 10
"""Seconds after which a listener of a full session may try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinSession:
    """Two calls: one transaction registers the listener, then the session is read.

    In this order no message is lost between them: what is published after the read finds the listener, and
    what was before is behind the reply's offset. Joined already, the same request recovers: it counts once.
    With a position, it recovers the last messages of a session that has ended, too; then it registers nobody.
    """

    sessions: Sessions
    listeners: Listeners
    rate_limits: RateLimits
    replayer: Replayer
    settings: Settings
    metrics: Metrics
    clock: Clock

    def __call__(
        self, caller: Caller, *, session_id: str, target_language: str, position: Position | None
    ) -> Message:
        """Reply sessionJoined.

        Raises SessionNotFoundError, SessionEndedError (without a position), SessionFullError,
        RateLimitedError, and ConflictError for a connection that is attached otherwise.
        """
        supported(self.settings, target_language)
        connection_id = caller.connection_id or ""
        now = self.clock()
        try:
            session, is_new = self._joined(caller, session_id, target_language, now)
        except SessionEndedError:
            if position is None:
                raise
            session, is_new = kept_session(self.sessions.get(session_id), now), False
        replay = Replayed()
        if position is not None:
            if not is_new:
                requests = LimitRules(self.settings.limits).requests_of(connection_id, now)
                take(self.rate_limits, requests, now)
            replay = self.replayer.replay(session, connection_id, position, target_language)
        return session_joined(session, target_language=target_language, replay=replay, now=now)

    def _joined(
        self, caller: Caller, session_id: str, target_language: str, now: int
    ) -> tuple[Session, bool]:
        """The session, read once its listener is registered, and whether it is a new one."""
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
            session = open_session(self.sessions.get(session_id), now)
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
        """The listener's attachment, and whether it is a new one. A new one is counted by `limit`, once."""
        instead_of: Attachment | None = None
        ttl = now + self.settings.session_lifetime + self.settings.ended_retention
        for _ in range(TRIES + MAX_SHARDS):
            try:
                self.listeners.join(
                    connection_id=connection_id,
                    attachment=attachment,
                    instead_of=instead_of,
                    limit=limit,
                    ttl=ttl,
                    now=now,
                )
            except Refused as refused:
                there = _joined_already(refused, attachment, now)
                if there is not None:
                    if self._retarget(connection_id, there, attachment):
                        return there, False
                elif Part.CONNECTION in refused.parts:
                    instead_of = free_to_attach(self.sessions, refused.connection, now)
                elif Part.LIMIT in refused.parts:
                    raise over(limit, now) from refused
                elif Part.SHARD in refused.parts:
                    take(self.rate_limits, limit, now)
                    limit = None
                    attachment = replace(attachment, shard=self._shard_with_room(attachment.session_id, now))
                else:
                    self._drop(connection_id, attachment)
            else:
                return attachment, True
        raise UnavailableError

    def _shard_with_room(self, session_id: str, now: int) -> int:
        """Another shard, when the first choice was full or is none of this session's."""
        session = open_session(self.sessions.get(session_id), now)
        counts = self.listeners.counts(session_id, session.shards)
        roomiest = max(counts, key=lambda count: count.capacity - count.listeners, default=None)
        if roomiest is None or roomiest.listeners >= roomiest.capacity:
            raise SessionFullError(retry_after=FULL_RETRY)
        return roomiest.shard

    def _retarget(self, connection_id: str, there: Attachment, wanted: Attachment) -> bool:
        """Take the language of the latest request; false if the listener left meanwhile."""
        if there.target_language == wanted.target_language or wanted.target_language is None:
            return True
        try:
            self.listeners.retarget(
                connection_id=connection_id, attachment=there, target_language=wanted.target_language
            )
        except Refused:
            return False
        return True

    def _undo(self, connection_id: str, attachment: Attachment) -> None:
        with suppress(Refused):
            self.listeners.leave(connection_id=connection_id, attachment=attachment, request=None)

    def _drop(self, connection_id: str, attachment: Attachment) -> None:
        """A row that its connection does not know of is in the way."""
        with suppress(Refused):
            self.listeners.drop(
                connection_id=connection_id, session_id=attachment.session_id, shard=attachment.shard
            )


def _joined_already(refused: Refused, wanted: Attachment, now: int) -> Attachment | None:
    """The attachment to the same session that this connection has already: then the request is a recovery."""
    connection = refused.connection
    if connection is None or connection.attachment is None:
        return None
    there = connection.attachment
    if there.role is not Role.LISTENER or there.session_id != wanted.session_id:
        return None
    if connection.token_expired(now):
        raise TokenExpiredError
    return there


def _first_shard(connection_id: str, shards: int) -> int:
    """Spreads listeners over the shards; the same connection always begins with the same."""
    return int.from_bytes(hashlib.sha256(connection_id.encode()).digest()[:4]) % shards
