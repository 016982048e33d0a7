"""How many listeners there are, to the speaker. Only the latest number counts."""

from dataclasses import dataclass

from domain.message_log import encode
from domain.ports import Clock, Listeners, Sessions, total
from domain.pusher import Delivery, Outcome, Pusher

TRIES = 3
"""How often a count that moved while it was pushed is pushed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Tells a session's speaker how many listen."""

    sessions: Sessions
    listeners: Listeners
    pusher: Pusher
    clock: Clock

    def __call__(self, session_id: str) -> None:
        """Push the count as it is read now, and again if it moved meanwhile.

        So two that run at once cannot leave the older count behind: whoever pushes last has read after it.
        A speaker who is gone or cannot be reached is no error; raises UnavailableError where reading fails.
        """
        session = self.sessions.get(session_id)
        if session is None or session.speaker_connection_id is None or session.ended_because(self.clock()):
            return
        listeners = total(self.listeners.counts(session_id, session.shards))
        for _ in range(TRIES):
            push = {"type": "presence", "sessionId": session_id, "listeners": listeners}
            (outcome,) = self.pusher.deliver([Delivery(session.speaker_connection_id, (encode(push),))])
            if outcome is not Outcome.DELIVERED:
                return
            pushed, listeners = listeners, total(self.listeners.counts(session_id, session.shards))
            if listeners == pushed:
                return
