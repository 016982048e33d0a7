"""A session ends: by its speaker, by its owner over HTTP, or by the clock."""

from dataclasses import dataclass

from domain.authorization import known_connection, speaker_attachment, speaking
from domain.errors import ForbiddenError, SessionNotFoundError
from domain.model import AsOwner, AsSpeaker, Authority, ByTheClock, EndReason, Session
from domain.ports import Broadcaster, Clock, Connections, Message, Metrics, RateLimits, Refused, Sessions
from domain.rate_limits import LimitRules, take
from domain.settings import Settings
from wire.replies import session_ended

ANNOUNCE_WITHIN = 60
"""Seconds after which the keep-alive announces an end that whoever made it did not get round to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSession:
    """Ends once, with one reason; everyone concerned is told at least once."""

    sessions: Sessions
    connections: Connections
    broadcaster: Broadcaster
    rate_limits: RateLimits
    settings: Settings
    metrics: Metrics
    clock: Clock

    def as_speaker(self, connection_id: str) -> Message:
        """Reply sessionEnded, also if it is over already. Raises ForbiddenError for all but the speaker."""
        now = self.clock()
        take(self.rate_limits, LimitRules(self.settings.limits).requests_of(connection_id, now), now)
        connection = known_connection(self.connections, connection_id, now)
        attachment = speaker_attachment(connection)
        return self._end(attachment.session_id, speaking(connection), now)

    def as_owner(self, subject: str, session_id: str) -> Message:
        """The same without a connection."""
        now = self.clock()
        take(self.rate_limits, LimitRules(self.settings.limits).requests_of(subject, now), now)
        return self._end(session_id, AsOwner(subject=subject), now)

    def by_the_clock(self, session: Session) -> None:
        """End a session whose time has run out, or announce an end that was made and not announced."""
        now = self.clock()
        reason = session.ended_because(now)
        if reason is None:
            return
        if session.ended_at is None:
            try:
                session = self._marked(session.session_id, reason, ByTheClock(), now)
            except Refused:
                return  # resumed, or ended by another
        self._announce(session, exclude=None)

    def _end(self, session_id: str, by: Authority, now: int) -> Message:
        exclude = by.connection_id if isinstance(by, AsSpeaker) else None
        try:
            session = self._marked(session_id, EndReason.ENDED, by, now)
        except Refused as refused:
            return _known_end(refused.session, by, now)
        self._announce(session, exclude=exclude)
        return session_ended(session, EndReason.ENDED)

    def _marked(self, session_id: str, reason: EndReason, by: Authority, now: int) -> Session:
        session = self.sessions.end(
            session_id,
            reason=reason,
            by=by,
            now=now,
            ttl=now + self.settings.ended_retention,
            announce_by=now + ANNOUNCE_WITHIN,
        )
        self.metrics.count("SessionsEnded")
        return session

    def _announce(self, session: Session, *, exclude: str | None) -> None:
        push = session_ended(session, session.end_reason or EndReason.ENDED)
        if self.broadcaster.broadcast(session, push, exclude=exclude):
            self.sessions.announced(session.session_id)


def _known_end(session: Session | None, by: Authority, now: int) -> Message:
    """The end that a session had before, for who might have ended it. Raises what refuses everyone else."""
    if session is None or session.is_gone(now):
        raise SessionNotFoundError
    if isinstance(by, AsSpeaker):
        may = by.generation == session.generation
    else:
        may = isinstance(by, AsOwner) and by.subject == session.owner_id
    reason = session.ended_because(now)
    if not may or reason is None:
        raise ForbiddenError("The session belongs to someone else, or to a newer connection of its speaker.")
    return session_ended(session, reason)
