"""Notify the connection that another connection of the same speaker has replaced."""

from dataclasses import dataclass

from domain.errors import UnavailableError
from domain.message_log import encode
from domain.model import Attachment, Role, Session
from domain.ports import Connections, Logger
from domain.pusher import Delivery, Outcome, Pusher
from wire.replies import connection_replaced


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """Push connectionReplaced to the replaced connection and release its attachment.

    Its rights ended with the generation, so that a failure costs only the notice.
    """

    connections: Connections
    pusher: Pusher
    logger: Logger

    def __call__(self, before: Session, attached: Session) -> None:
        """Do nothing if no connection was attached before."""
        replaced = before.speaker_connection_id
        if replaced is None:
            return
        push = encode(connection_replaced(attached))
        try:
            (outcome,) = self.pusher.deliver([Delivery(replaced, (push,))])
            attachment = Attachment(
                session_id=before.session_id, role=Role.SPEAKER, generation=before.generation
            )
            self.connections.release(replaced, attachment)
        except UnavailableError:
            outcome = Outcome.UNREACHABLE
        if outcome is not Outcome.DELIVERED:
            self.logger.info("replaced connection was not notified", outcome=outcome.value)
