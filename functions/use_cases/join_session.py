"""Joins a session as a listener, or recovers a listener's position in it."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.authorization import (
    attachment_to_replace,
    require_connection,
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
from domain.model import Attachment, Caller, Connection, Limit, Listener, Position, Replayed, Role, Session
from domain.placement import any_of, any_slot, shard_for_row
from domain.ports import (
    Clock,
    Condition,
    ConditionFailed,
    Connections,
    Listeners,
    Metrics,
    RateLimits,
    Replayer,
    Sessions,
)
from domain.rate_limits import LimitRules, LookupLimit, RequestLimit, enforce, limit_exceeded
from domain.settings import Settings

if TYPE_CHECKING:
    from domain.channel import ChannelOffers

MAX_ATTEMPTS = 16
"""How often a join is decided again. The last slots of a session may be taken while they are chosen."""

FULL_RETRY_SECONDS = 10
"""Time after which a listener of a full session may try again."""

LONGEST_JOIN_SECONDS = 29
"""The function's time-out. A listener whose join began earlier was registered before the session was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinSession:
    """Three calls: the connection and the session are read, a transaction registers the listener, and the
    session is read again for its position.

    In this order no message is lost between them: a publish after the last read finds the listener, and
    earlier ones are covered by the reply's offset. A listener that has joined asks by the same request: that
    takes one read, and counts as a request unless messages are replayed. With a position it recovers the last
    messages of a session that has ended, too, and registers no listener.

    A change to the channel, or from it, is made in the same order: the session has the language, then the
    listener's row says where it receives pushes, then the session is read for the position. A publish after
    that read reaches the listener where the row says. Only a listener that has joined adds a language, since
    the session publishes to its channel from then on.
    """

    sessions: Sessions
    connections: Connections
    listeners: Listeners
    rate_limits: RateLimits
    request_limit: RequestLimit
    lookup_limit: LookupLimit
    replayer: Replayer
    channel_offers: "ChannelOffers | None"
    """Makes the offers of the audience's channel; None if the stack has none."""
    settings: Settings
    metrics: Metrics
    clock: Clock

    def __call__(
        self,
        caller: Caller,
        *,
        session_id: str,
        target_language: str,
        position: Position | None,
        on_channel: bool = False,
    ) -> SessionJoined:
        """Join; return the session as it is after that.

        With `on_channel`, the listener receives the session's pushes on the audience's channel, if the
        session has one. Without it, the listener receives them on its connection, also if it was on the
        channel before.

        Raises SessionNotFoundError, SessionEndedError (without a position), SessionFullError,
        RateLimitedError, and ConflictError for a connection that is attached otherwise.
        """
        require_supported_language(self.settings, target_language)
        now = self.clock()
        wanted = Attachment(
            session_id=session_id,
            role=Role.LISTENER,
            joined_at=now,
            target_language=target_language,
            on_channel=on_channel,
        )
        try:
            session, attachment, is_new = self._join(caller, wanted, position, now)
        except SessionEndedError:
            if position is None:
                raise
            session, attachment, is_new = require_session(self.sessions.get(session_id), now), None, False
        replay = Replayed()
        if position is not None:
            replay = self.replayer.replay(session, caller, position, target_language)
        if not is_new and not (isinstance(replay, Replayed) and replay.count):
            self.request_limit(caller, now)
        joined = SessionJoined(session, target_language, replay, session.ended_because(now))
        if attachment is None or not self._has_channel(session):
            return joined
        return joined._replace(
            channel=self.channel_offers and self.channel_offers.offer(session, target_language, caller),
            on_channel=attachment.on_channel,
        )

    def _has_channel(self, session: Session) -> bool:
        return self.channel_offers is not None and self.channel_offers.includes(session)

    def _has_open_channel(self, session: Session | None, language: str | None) -> bool:
        """Return whether the session is published to the channel of the language already."""
        return session is not None and self._has_channel(session) and language in session.channel_languages

    def _join(
        self, caller: Caller, wanted: Attachment, position: Position | None, now: int
    ) -> tuple[Session, Attachment, bool]:
        """Register the listener unless it has joined.

        Return the session, the listener's attachment, and whether the listener is new.
        """
        connection_id, session_id = caller.connection_id or "", wanted.session_id
        lookups = self.lookup_limit.of(caller, now)
        connection, session, failures = self.connections.get_with_session(
            connection_id, session_id, limit=lookups
        )
        if _joined_attachment(connection, session_id, now) is None:
            self.lookup_limit.check(lookups, failures, session, now, position and position.epoch)
            if session is None or session.is_gone(now):
                self.lookup_limit.count_failure(lookups)
                raise SessionNotFoundError
        if wanted.on_channel and _joined_attachment(connection, session_id, now) is not None:
            session, wanted = self._open_channel(session, wanted, now)
        limit = LimitRules(self.settings).joins_from(caller.address, now)
        on_channel = wanted.on_channel and self._has_open_channel(session, wanted.target_language)
        first = replace(wanted, on_channel=on_channel)
        attachment, is_new = self._register(
            connection_id, first, connection=connection, session=session, limit=limit, now=now
        )
        if wanted.on_channel and not first.on_channel:
            session, attachment = self._change_to_channel(connection_id, session, attachment, now)
        if is_new or attachment.joined_at > now - LONGEST_JOIN_SECONDS:
            session = self.sessions.get(session_id)
        try:
            session = require_open_session(session, now)
        except SessionError as error:
            if is_new or isinstance(error, SessionNotFoundError):
                self._undo(connection_id, attachment)
            raise
        if is_new:
            self.metrics.count("ListenersJoined")
        return session, attachment, is_new

    def _change_to_channel(
        self, connection_id: str, session: Session | None, attachment: Attachment, now: int
    ) -> tuple[Session | None, Attachment]:
        """Move a listener that has joined to the channel of its language, if the session has one."""
        session, wanted = self._open_channel(session, replace(attachment, on_channel=True), now)
        changed = self._retarget(connection_id, attachment, replace(wanted, joined_at=now))
        if changed is None:
            raise UnavailableError
        return session, changed

    def _open_channel(
        self, session: Session | None, wanted: Attachment, now: int
    ) -> tuple[Session | None, Attachment]:
        """Have publishes include the channel of the language; return the session as it is after that.

        The attachment that is returned with it is on the channel only if the session has one.
        """
        for _ in range(MAX_ATTEMPTS):
            if session is None or session.ended_because(now) or not self._has_channel(session):
                return session, replace(wanted, on_channel=False)
            language = wanted.target_language or ""
            if language in session.channel_languages:
                return session, wanted
            try:
                session = self.sessions.add_channel_language(session, language)
            except ConditionFailed as failed:
                session = failed.session
        raise UnavailableError

    def _register(
        self,
        connection_id: str,
        wanted: Attachment,
        *,
        connection: Connection | None,
        session: Session | None,
        limit: Limit | None,
        now: int,
    ) -> tuple[Attachment, bool]:
        """Return the listener's attachment and whether it is new. A new one counts towards `limit` once.

        A request for a session that has ended or is full counts as well.
        """
        ttl = now + self.settings.session_lifetime + self.settings.ended_retention
        slot: int | None = None
        for _ in range(MAX_ATTEMPTS):
            joined = _joined_attachment(connection, wanted.session_id, now)
            if joined is not None:
                retargeted = self._retarget(connection_id, joined, wanted)
                if retargeted is not None:
                    return retargeted, False
                connection = self.connections.get(connection_id)
                continue
            instead_of = attachment_to_replace(self.sessions, connection, now)
            session = self._require_open(session, limit, now)
            attachment = replace(
                wanted, shard=shard_for_row(session), slot=any_slot(session) if slot is None else slot
            )
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
                if Condition.CONNECTION in failed.conditions:
                    connection = failed.connection
                elif Condition.LIMIT in failed.conditions:
                    raise limit_exceeded(limit, now) from failed
                elif failed.listener is not None:
                    self._drop(attachment, failed.listener)
                else:
                    slot = self._free_slot(session, limit, now)
            else:
                return attachment, True
        raise UnavailableError

    def _require_open(self, session: Session | None, limit: Limit | None, now: int) -> Session:
        try:
            return require_open_session(session, now)
        except SessionError:
            enforce(self.rate_limits, limit, now)
            raise

    def _free_slot(self, session: Session, limit: Limit | None, now: int) -> int:
        """Return a slot that is free at the moment. Raises SessionFullError."""
        free = self.listeners.free_slots(session.session_id, session.capacity)
        if not free:
            enforce(self.rate_limits, limit, now)
            raise SessionFullError(retry_after=FULL_RETRY_SECONDS)
        return any_of(free)

    def _retarget(self, connection_id: str, joined: Attachment, wanted: Attachment) -> Attachment | None:
        """Give the listener the language and the channel of the latest request; return its attachment.

        Return None if the listener has left. A change that concerns the channel counts as a join that begins
        now, so that the session is read after it.
        """
        asked = wanted.target_language, wanted.on_channel
        if (joined.target_language, joined.on_channel) == asked:
            return joined
        to = replace(joined, target_language=wanted.target_language, on_channel=wanted.on_channel)
        if joined.on_channel or wanted.on_channel:
            to = replace(to, joined_at=wanted.joined_at)
        try:
            self.listeners.retarget(connection_id=connection_id, attachment=joined, to=to)
        except ConditionFailed:
            return None
        return to

    def _undo(self, connection_id: str, attachment: Attachment) -> None:
        with suppress(ConditionFailed):
            self.listeners.leave(connection_id=connection_id, attachment=attachment, request=None)

    def _drop(self, attachment: Attachment, listener: Listener) -> None:
        """Remove a row that is left from an attachment that the connection does not have."""
        with suppress(ConditionFailed):
            self.listeners.drop(attachment.session_id, attachment.shard, listener)


def _joined_attachment(connection: Connection | None, session_id: str, now: int) -> Attachment | None:
    """Return the connection's attachment as a listener of the session, or None.

    Raises UnavailableError for a connection without a record, and TokenExpiredError.
    """
    connection = require_connection(connection)
    if connection.token_expired(now):
        raise TokenExpiredError
    attachment = connection.attachment
    if attachment is None or attachment.role is not Role.LISTENER or attachment.session_id != session_id:
        return None
    return attachment
