"""Recovery: pushes what a connection missed, in order, before its reply.

The session is read after the listener is registered, so messages after `session.head` reach the listener
live. There is no gap between the two, and the client drops by offset what comes twice.
"""

from dataclasses import dataclass

from domain.delivery import Delivery, Outcome
from domain.errors import UnavailableError
from domain.events import EncodePush, MessageSent
from domain.message_log import is_kept, oldest_kept
from domain.model import Caller, Position, Replayed, Reset, Session
from domain.ports import Clock, MessageLog, Pusher
from domain.rate_limits import ReplayLimit
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReplayer:
    """The port Replayer, on the message log."""

    message_log: MessageLog
    pusher: Pusher
    encode: EncodePush
    replay_limit: ReplayLimit
    settings: Settings
    clock: Clock

    def replay(
        self, session: Session, caller: Caller, position: Position, language: str | None
    ) -> Replayed | Reset:
        """As in the port. Raises UnavailableError if the connection could not be reached.

        An offset at the head always succeeds. Returns Reset if the epoch differs, the offset is beyond the
        head, or an entry between them is no longer kept by count or by age (they expire in any order).
        """
        if position.epoch != session.epoch or position.offset > session.head:
            return Reset()
        if position.offset == session.head:
            return Replayed()
        first = position.offset + 1
        if first < oldest_kept(session, self.settings):
            return Reset()
        last = min(session.head, position.offset + self.settings.replay_page)
        now = self.clock()
        self.replay_limit(caller, last - first + 1, now)
        entries = self.message_log.entries(session.session_id, session.epoch, first=first, last=last)
        kept = [entry for entry in entries if is_kept(entry, self.settings, now)]
        if [entry.offset for entry in kept] != list(range(first, last + 1)):
            return Reset()
        payloads = tuple(self.encode(MessageSent(entry, language)) for entry in kept)
        (outcome,) = self.pusher.deliver([Delivery(caller.connection_id or "", payloads)])
        if outcome is not Outcome.DELIVERED:
            raise UnavailableError(
                "The missed messages could not be delivered; repeat the request with your position."
            )
        return Replayed(count=len(kept), more=last < session.head)
