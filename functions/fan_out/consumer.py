"""What the fan-out function does: serves the shards that others, or an earlier try, have left to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import UnavailableError
from domain.message_log import MessageLog
from domain.ports import Listeners, Metrics
from domain.pusher import Pusher
from fan_out.deliver import Parcel, push_all
from fan_out.deliveries import Asked, narrowed, parcels_for
from fan_out.listeners import Together, listeners_of, one_by_one
from fan_out.prune_listeners import ClearAway
from fan_out.tasks import Shard, ShardQueue, ShardTask

Failures = list[UnavailableError | None]
"""Of each task, why it has to come again; none: it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeShards:
    """Serves batches of tasks, all shards at once."""

    listeners: Listeners
    log: MessageLog
    pusher: Pusher
    queue: ShardQueue
    clear_away: ClearAway
    metrics: Metrics
    together: Together = one_by_one

    def __call__(self, tasks: Sequence[ShardTask]) -> Failures:
        """Serve each listener in order: entries by their offsets, then the events.

        A task that came twice is served once. An entry that is no longer kept is passed over: whoever misses
        it is told `reset`. For those whom a task leaves behind the queue gets a new one, once: a task that is
        for such alone comes again itself, so that its tries are counted.
        """
        by_shard: dict[Shard, list[ShardTask]] = {}
        for task in tasks:
            by_shard.setdefault(task.where, []).append(task)
        read = dict(zip(by_shard, self.together(self._read, by_shard.values()), strict=True))
        unread = {shard: found for shard, found in read.items() if isinstance(found, UnavailableError)}
        parcels = [parcel for found in read.values() if isinstance(found, list) for parcel in found]
        try:
            result = push_all(self.pusher, self.metrics, parcels)
        except UnavailableError as error:
            return [error if read[task.where] else None for task in tasks]
        failures = self._hand_on(tasks, narrowed(tasks, result.left))
        self.clear_away(result.gone)
        return [unread.get(task.where, failure) for task, failure in zip(tasks, failures, strict=True)]

    def _read(self, tasks: Sequence[ShardTask]) -> list[Parcel] | UnavailableError:
        """What the listeners of these tasks' one shard are to get, or why that cannot be told."""
        session_id, shard = tasks[0].where
        wanted: dict[str, dict[int, list[ShardTask]]] = {}
        for task in tasks:
            if task.event is None:
                wanted.setdefault(task.epoch, {}).setdefault(task.offset, []).append(task)
        try:
            asked: list[Asked] = [
                (entry, by_offset[entry.offset])
                for epoch, by_offset in wanted.items()
                for entry in self.log.at(session_id, epoch, sorted(by_offset))
            ]
            asked += [(dict(task.event), [task]) for task in tasks if task.event is not None]
            if not asked:
                return []
            return parcels_for((session_id, shard), listeners_of(self.listeners, session_id, shard), asked)
        except UnavailableError as error:
            return error

    def _hand_on(self, tasks: Sequence[ShardTask], left: Sequence[ShardTask | None]) -> Failures:
        """Give the queue what is left of the tasks; those of which it does not take it come again."""
        new = [rest for task, rest in zip(tasks, left, strict=True) if rest is not None and not task.only]
        again = UnavailableError("Some listeners could not be reached yet.")
        refusal = None
        try:
            if new:
                self.queue.send(new)
        except UnavailableError as error:
            refusal = error
        return [
            None if rest is None else again if task.only else refusal
            for task, rest in zip(tasks, left, strict=True)
        ]
