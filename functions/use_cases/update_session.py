"""A speaker, or a session's owner over HTTP, changes a session's status or quality."""

from dataclasses import dataclass

from domain.authorization import known_connection, refusal, request_record, speaker_attachment, speaking
from domain.errors import UnavailableError
from domain.model import AsOwner, AsSpeaker, Authority, Change, RequestRecord, Session
from domain.ports import Broadcaster, Clock, Connections, Message, Metrics, RateLimits, Refused, Sessions
from domain.rate_limits import LimitRules, take
from domain.settings import Settings
from wire.replies import session_updated


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSession:
    """Everyone concerned is told, also when the request is repeated: its first notice may have been lost."""

    sessions: Sessions
    connections: Connections
    broadcaster: Broadcaster
    rate_limits: RateLimits
    settings: Settings
    metrics: Metrics
    clock: Clock

    def as_speaker(self, connection_id: str, change: Change, *, request_id: str | None) -> Message:
        """Reply sessionUpdated.

        Raises ForbiddenError for all but the speaker's latest connection, and UnavailableError where the
        others could not be told, too: a repeat tells them.
        """
        now = self.clock()
        take(self.rate_limits, LimitRules(self.settings.limits).requests_of(connection_id, now), now)
        connection = known_connection(self.connections, connection_id, now)
        session_id = speaker_attachment(connection).session_id
        request = request_record(connection_id, "updateSession", request_id, session_id, now)
        return self._update(session_id, change, speaking(connection), request, now)

    def as_owner(self, subject: str, session_id: str, change: Change) -> Message:
        """The same without a connection."""
        now = self.clock()
        take(self.rate_limits, LimitRules(self.settings.limits).requests_of(subject, now), now)
        return self._update(session_id, change, AsOwner(subject=subject), None, now)

    def _update(
        self, session_id: str, change: Change, by: Authority, request: RequestRecord | None, now: int
    ) -> Message:
        try:
            session = self.sessions.update(session_id, change, by=by, request=request, now=now)
        except Refused as refused:
            if refused.request is None:
                raise refusal(refused.session, now) from refused
            session = self._unchanged(refused.request, now)
        self.metrics.count("SessionsUpdated")
        push = session_updated(session)
        exclude = by.connection_id if isinstance(by, AsSpeaker) else None
        if not self.broadcaster.broadcast(session, push, exclude=exclude):
            raise UnavailableError(
                "The session is changed, but not everyone could be told; repeat the request."
            )
        return push

    def _unchanged(self, request: RequestRecord, now: int) -> Session:
        session = self.sessions.get(request.session_id)
        if session is None or session.ended_because(now):
            raise refusal(session, now)
        return session
