"""Announces a session's new speaker connection: to the one that it replaced, or to the listeners."""

from dataclasses import dataclass

from domain.delivery import Delivery, Outcome
from domain.errors import UnavailableError
from domain.events import ConnectionReplaced, EncodePush, SessionUpdated
from domain.model import Attachment, Role, Session
from domain.ports import Broadcaster, Connections, Logger, Pusher


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """Pushes connectionReplaced to the replaced connection and removes its attachment.

    Its permissions ended with the generation, so a failure costs the notification alone. If the speaker was
    away, the listeners get sessionUpdated instead.
    """

    connections: Connections
    broadcaster: Broadcaster
    pusher: Pusher
    encode: EncodePush
    logger: Logger

    def __call__(self, before: Session, attached: Session) -> None:
        """Notify the speaker of the session before, or the listeners if it had none."""
        replaced = before.speaker_connection_id
        if replaced is None:
            speaker = attached.speaker_connection_id
            self.broadcaster.broadcast(attached, SessionUpdated(attached), exclude=speaker)
            return
        push = self.encode(ConnectionReplaced(attached))
        try:
            (outcome,) = self.pusher.deliver([Delivery(replaced, (push,))], retry_throttled=False)
            attachment = Attachment(
                session_id=before.session_id, role=Role.SPEAKER, generation=before.generation
            )
            self.connections.release(replaced, attachment)
        except UnavailableError:
            outcome = Outcome.UNREACHABLE
        if outcome is not Outcome.DELIVERED:
            self.logger.info("replaced connection was not notified", outcome=outcome.value)
