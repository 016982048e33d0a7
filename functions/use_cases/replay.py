"""Recovery: what a connection missed, pushed in order before its reply.

The session is read after the listener is registered, so that whatever comes after `session.head` reaches the
listener as a live message: the seam has no gap, and what overlaps is dropped by offset at the client.
"""

from dataclasses import dataclass

from domain.errors import UnavailableError
from domain.message_log import MessageLog, encode, is_kept, oldest_kept
from domain.model import Position, Replayed, Reset, Session
from domain.ports import Clock
from domain.pusher import Delivery, Outcome, Pusher
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReplayer:
    """The Replayer that reads the message log."""

    log: MessageLog
    pusher: Pusher
    settings: Settings
    clock: Clock

    def replay(
        self, session: Session, connection_id: str, position: Position, language: str | None
    ) -> Replayed | Reset:
        """As `Replayer.replay`; raises UnavailableError where the connection could not be reached.

        An offset at the head always succeeds. Reset where the epoch is another, the offset is beyond the
        head, or any entry between is no longer kept by count or by age (they may vanish in any order).
        """
        if position.epoch != session.epoch or position.offset > session.head:
            return Reset()
        if position.offset == session.head:
            return Replayed()
        first = position.offset + 1
        if first < oldest_kept(session, self.settings):
            return Reset()
        last = min(session.head, position.offset + self.settings.replay_page)
        entries = self.log.entries(session.session_id, session.epoch, first=first, last=last)
        now = self.clock()
        kept = [entry for entry in entries if is_kept(entry, self.settings, now)]
        if [entry.offset for entry in kept] != list(range(first, last + 1)):
            return Reset()
        payloads = tuple(encode(entry.push_for(language)) for entry in kept)
        (outcome,) = self.pusher.deliver([Delivery(connection_id, payloads)])
        if outcome is not Outcome.DELIVERED:
            raise UnavailableError(
                "The missed messages could not be delivered; ask again from your position."
            )
        return Replayed(count=len(kept), more=last < session.head)
