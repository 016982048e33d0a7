"""Follows the number of listeners: opens shards for them, and pushes the number to the speaker.

Only the latest number matters.
"""

from dataclasses import dataclass

from domain.delivery import Delivery, Outcome
from domain.events import EncodePush, ListenersCounted
from domain.placement import shards_needed
from domain.ports import Clock, Listeners, Pusher, Sessions

MAX_PUSHES = 3
"""Pushes while the count changes during each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Keeps a session's shards and its speaker up to date with the number of listeners."""

    sessions: Sessions
    listeners: Listeners
    pusher: Pusher
    encode: EncodePush
    clock: Clock

    def __call__(self, session_id: str) -> None:
        """Open the shards that the count needs; push the count, and again if it has changed meanwhile.

        Two concurrent calls cannot leave the older count with the speaker, since the last push follows a read
        after the other one. A speaker that is gone, does not read or cannot be reached is not an
        error, and delays no other session: the next change is pushed again. Raises UnavailableError if a call
        to the stores fails.
        """
        session = self.sessions.get(session_id)
        if session is None or session.ended_because(self.clock()):
            return
        listeners = self.listeners.count(session_id, session.capacity)
        needed = shards_needed(session, listeners)
        if needed > session.shards_in_use:
            self.sessions.open_shards(session_id, needed)
        if session.speaker_connection_id is None:
            return
        for _ in range(MAX_PUSHES):
            push = self.encode(ListenersCounted(session_id, listeners))
            delivery = Delivery(session.speaker_connection_id, (push,))
            (outcome,) = self.pusher.deliver([delivery], retry_throttled=False)
            if outcome is not Outcome.DELIVERED:
                return
            pushed, listeners = listeners, self.listeners.count(session_id, session.capacity)
            if listeners == pushed:
                return
