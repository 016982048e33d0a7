"""Ends a session: for its speaker, for its owner over HTTP, or because its time has run out."""

from dataclasses import dataclass

from domain.authorization import require_speaker, require_speaker_attachment, require_valid_connection
from domain.errors import ForbiddenError, SessionNotFoundError
from domain.events import SessionEnded
from domain.model import Authority, EndReason, OwnerAuthority, Session, SpeakerAuthority, SystemAuthority
from domain.ports import Broadcaster, Clock, ConditionFailed, Connections, Metrics, Sessions
from domain.settings import Settings

ANNOUNCE_AFTER_SECONDS = 60
"""Time after which the keep-alive run announces an end that was not announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSession:
    """A session ends once, with one reason. Everyone in it is informed at least once."""

    sessions: Sessions
    connections: Connections
    broadcaster: Broadcaster
    settings: Settings
    metrics: Metrics
    clock: Clock

    def as_speaker(self, connection_id: str) -> SessionEnded:
        """End the session; a repeat returns the same. Raises ForbiddenError for all but the speaker."""
        now = self.clock()
        connection = require_valid_connection(self.connections, connection_id, now)
        attachment = require_speaker_attachment(connection)
        return self._end(attachment.session_id, require_speaker(connection), now)

    def as_owner(self, subject: str, session_id: str) -> SessionEnded:
        """End the session for its owner, without a connection. Raises ForbiddenError for other users."""
        now = self.clock()
        return self._end(session_id, OwnerAuthority(subject=subject), now)

    def end_if_due(self, session: Session) -> None:
        """End a session whose time has run out, or announce an end that was not announced."""
        now = self.clock()
        reason = session.ended_because(now)
        if reason is None:
            return
        if session.ended_at is None:
            try:
                session = self._mark_ended(session.session_id, reason, SystemAuthority(), now)
            except ConditionFailed:
                return  # it was resumed or ended meanwhile
        self._announce(session, exclude=None)

    def _end(self, session_id: str, by: Authority, now: int) -> SessionEnded:
        exclude = by.connection_id if isinstance(by, SpeakerAuthority) else None
        try:
            session = self._mark_ended(session_id, EndReason.ENDED, by, now)
        except ConditionFailed as failed:
            return _earlier_end(failed.session, by, now)
        self._announce(session, exclude=exclude)
        return SessionEnded(session, EndReason.ENDED)

    def _mark_ended(self, session_id: str, reason: EndReason, by: Authority, now: int) -> Session:
        session = self.sessions.end(
            session_id,
            reason=reason,
            by=by,
            now=now,
            ttl=now + self.settings.ended_retention,
            announce_by=now + ANNOUNCE_AFTER_SECONDS,
        )
        self.metrics.count("SessionsEnded")
        return session

    def _announce(self, session: Session, *, exclude: str | None) -> None:
        event = SessionEnded(session, session.end_reason or EndReason.ENDED)
        if self.broadcaster.broadcast(session, event, exclude=exclude):
            self.sessions.mark_announced(session.session_id)


def _earlier_end(session: Session | None, by: Authority, now: int) -> SessionEnded:
    """Return the end as it was sent before. Raises SessionNotFoundError and ForbiddenError."""
    if session is None or session.is_gone(now):
        raise SessionNotFoundError
    if isinstance(by, SpeakerAuthority):
        is_allowed = by.generation == session.generation
    else:
        is_allowed = isinstance(by, OwnerAuthority) and by.subject == session.owner_id
    reason = session.ended_because(now)
    if not is_allowed or reason is None:
        raise ForbiddenError("The session belongs to another user, or to a newer connection of its speaker.")
    return SessionEnded(session, reason)
