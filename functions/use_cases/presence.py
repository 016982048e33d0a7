"""Pushes the number of listeners to the speaker. Only the latest number matters."""

from dataclasses import dataclass

from domain.delivery import Delivery, Outcome
from domain.events import EncodePush, ListenersCounted
from domain.ports import Clock, Listeners, Pusher, Sessions, total

MAX_PUSHES = 3
"""Pushes while the count changes during each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Pushes the number of listeners to a session's speaker."""

    sessions: Sessions
    listeners: Listeners
    pusher: Pusher
    encode: EncodePush
    clock: Clock

    def __call__(self, session_id: str) -> None:
        """Push the count as it is now, and again if it has changed meanwhile.

        Two concurrent calls cannot leave the older count with the speaker, since the last push follows a read
        after the other one. A speaker that is gone or cannot be reached is not an error. Raises
        UnavailableError if a read fails.
        """
        session = self.sessions.get(session_id)
        if session is None or session.speaker_connection_id is None or session.ended_because(self.clock()):
            return
        listeners = total(self.listeners.counts(session_id, session.shards))
        for _ in range(MAX_PUSHES):
            push = self.encode(ListenersCounted(session_id, listeners))
            (outcome,) = self.pusher.deliver([Delivery(session.speaker_connection_id, (push,))])
            if outcome is not Outcome.DELIVERED:
                return
            pushed, listeners = listeners, total(self.listeners.counts(session_id, session.shards))
            if listeners == pushed:
                return
