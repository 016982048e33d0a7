"""Changes a session's status or quality, for its speaker or for its owner over HTTP."""

from dataclasses import dataclass

from domain.authorization import (
    refused_write_error,
    request_record,
    require_speaker,
    require_speaker_attachment,
    require_valid_connection,
)
from domain.errors import UnavailableError
from domain.events import SessionUpdated
from domain.model import Authority, Change, OwnerAuthority, RequestRecord, Session, SpeakerAuthority
from domain.ports import Broadcaster, Clock, ConditionFailed, Connections, Metrics, Sessions
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSession:
    """Informs everyone in the session. A repeat informs them again, as the first push may have been lost."""

    sessions: Sessions
    connections: Connections
    broadcaster: Broadcaster
    settings: Settings
    metrics: Metrics
    clock: Clock

    def as_speaker(self, connection_id: str, change: Change, *, request_id: str | None) -> SessionUpdated:
        """Change the session for its speaker.

        Raises ForbiddenError for all but the speaker's latest connection, and UnavailableError if the session
        was changed and the others could not be informed: a repeat informs them.
        """
        now = self.clock()
        connection = require_valid_connection(self.connections, connection_id, now)
        session_id = require_speaker_attachment(connection).session_id
        request = request_record(connection_id, "updateSession", request_id, session_id, now)
        return self._update(session_id, change, require_speaker(connection), request, now)

    def as_owner(self, subject: str, session_id: str, change: Change) -> SessionUpdated:
        """Change the session for its owner, without a connection."""
        now = self.clock()
        return self._update(session_id, change, OwnerAuthority(subject=subject), None, now)

    def _update(
        self, session_id: str, change: Change, by: Authority, request: RequestRecord | None, now: int
    ) -> SessionUpdated:
        try:
            session = self.sessions.update(session_id, change, by=by, request=request, now=now)
        except ConditionFailed as failed:
            if failed.request is None:
                raise refused_write_error(failed.session, now) from failed
            session = self._unchanged(failed.request, now)
        self.metrics.count("SessionsUpdated")
        event = SessionUpdated(session)
        exclude = by.connection_id if isinstance(by, SpeakerAuthority) else None
        if not self.broadcaster.broadcast(session, event, exclude=exclude):
            raise UnavailableError(
                "The session was changed, but not everyone could be informed; repeat the request."
            )
        return event

    def _unchanged(self, request: RequestRecord, now: int) -> Session:
        session = self.sessions.get(request.session_id)
        if session is None or session.ended_because(now):
            raise refused_write_error(session, now)
        return session
