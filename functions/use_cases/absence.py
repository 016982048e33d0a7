"""Informs a session's listeners that its speaker is away."""

from dataclasses import dataclass

from domain.errors import UnavailableError
from domain.events import SessionUpdated
from domain.ports import Broadcaster, Clock, Logger, Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceAbsence:
    """Pushes sessionUpdated with the end of the grace period.

    A failure costs the notification alone: whatever removed the speaker has taken effect.
    """

    sessions: Sessions
    broadcaster: Broadcaster
    logger: Logger
    clock: Clock

    def __call__(self, session_id: str) -> None:
        """Inform the listeners. Nothing happens if the speaker has returned or the session has ended."""
        try:
            session = self.sessions.get(session_id)
            if session is None or session.grace_until is None or session.ended_because(self.clock()):
                return
            self.broadcaster.broadcast(session, SessionUpdated(session))
        except UnavailableError as failure:
            self.logger.warning("absence was not announced", failure=failure)
