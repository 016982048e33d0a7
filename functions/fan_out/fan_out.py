"""From one message to every listener of a session.

The first listeners are served by whoever has the message, up to `directFanOut` of them; the shards beyond go
through a queue to the fan-out function, so that no audience is too large for one function. Membership is read
after the message has its offset, strongly consistently: a listener who is not found joined later, and
recovers from the offset that its join told.

A listener gets the message, or is disconnected so that it comes back and recovers, or is left behind: then
the queue has a task for it alone, whose tries are counted. Nobody else gets anything again for its sake.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.digest import short_digest
from domain.errors import UnavailableError
from domain.message_log import Entry, encode
from domain.model import Listener, Session
from domain.ports import Listeners, Logger, Message, Metrics
from domain.pusher import Delivery, Pusher
from domain.settings import Settings
from fan_out.deliver import push_all
from fan_out.deliveries import narrowed, parcels_for
from fan_out.listeners import Together, one_by_one, within_reach
from fan_out.prune_listeners import ClearAway
from fan_out.tasks import ShardQueue, ShardTask


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut:
    """Sends to whole sessions. Implements the port Broadcaster, too."""

    listeners: Listeners
    pusher: Pusher
    queue: ShardQueue
    clear_away: ClearAway
    settings: Settings
    logger: Logger
    metrics: Metrics
    together: Together = one_by_one

    def publish(self, session: Session, entry: Entry) -> None:
        """Send an entry to every listener; raises UnavailableError if that cannot even be queued."""
        tasks = [
            ShardTask(session_id=entry.session_id, shard=shard, epoch=entry.epoch, offset=entry.offset)
            for shard in range(session.shards)
        ]
        self._spread(session, tasks, entry)

    def broadcast(self, session: Session, push: Message, *, exclude: str | None = None) -> bool:
        """As `Broadcaster.broadcast`."""
        tasks = [
            ShardTask(session_id=session.session_id, shard=shard, event=push)
            for shard in range(session.shards)
        ]
        speaker = session.speaker_connection_id
        told = [Delivery(speaker, (encode(push),))] if speaker is not None and speaker != exclude else []
        try:
            self._spread(session, tasks, push, told, exclude=exclude)
        except UnavailableError:
            self.metrics.count("BroadcastFailed")
            self.logger.warning("broadcast failed", session=short_digest(session.session_id))
            return False
        return True

    def _spread(
        self,
        session: Session,
        tasks: Sequence[ShardTask],
        what: Entry | Message,
        notices: Sequence[Delivery] = (),
        exclude: str | None = None,
    ) -> None:
        """Read shards until there are enough listeners to serve, queue the other shards, then serve."""
        try:
            here = within_reach(self.listeners, self.together, session, self.settings.direct_fan_out)
        except UnavailableError:
            here = dict[int, list[Listener]]()
        elsewhere = [task for task in tasks if task.shard not in here]
        if elsewhere:
            self.queue.send(elsewhere)
        near = [task for task in tasks if task.shard in here]
        parcels = [
            parcel
            for task in near
            for parcel in parcels_for(task.where, here[task.shard], [(what, [task])])
            if parcel.connection_id != exclude
        ]
        result = push_all(self.pusher, self.metrics, parcels, notices)
        left = [task for task in narrowed(near, result.left) if task is not None]
        if left:
            self.queue.send(left)
        self.clear_away(result.gone)
