"""Sends a message to every listener of a session.

The function that has the message serves up to `directFanOut` listeners itself. The other shards become tasks
in the queue, which the fan-out function consumes, so that one function's reach does not limit a session.
Listeners are read after the message has its offset, in the shards that were in use then. A listener that is
not found joined later, and recovers from the offset in the reply to its join.

In a stack with an audience's channel, listeners on it are served by one request for each language. A task
says which languages those are, and its shard leaves out exactly the listeners on the channel of one of them.
So no listener is left out, however outdated the session is that the sender knows.

A listener gets the message, or is disconnected so that it reconnects and recovers, or stays undelivered. An
undelivered listener gets a retry task of its own, and other listeners get nothing twice because of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.coalescing import coalesces, waiting_at
from domain.deadline import Deadline
from domain.delivery import QUEUE_SECONDS, Delivery
from domain.digest import short_digest
from domain.errors import UnavailableError
from domain.events import BroadcastEvent, SessionEnded
from domain.message_log import Entry
from domain.model import Batch, Listener, OffsetRange, Session
from domain.ports import Listeners, Logger, MessageLog, Metrics, ParallelMap, Pusher
from domain.settings import Settings
from fan_out.deliver import (
    ListenerDelivery,
    PendingPayload,
    PruneListeners,
    deliver_all,
    deliveries_for,
    retry_tasks,
)
from fan_out.flush_batch import FlushBatch
from fan_out.read_listeners import read_listeners, read_until
from fan_out.tasks import (
    MAX_CHANNEL_RETRIES,
    FanOutTask,
    FlushTask,
    LogKey,
    ShardKey,
    TaskQueue,
    flush_task,
    shard_tasks,
    tasks_of,
)
from wire.pushes import Message, encode, push_of

if TYPE_CHECKING:
    from fan_out.channel import ChannelFanOut

LATE_SECONDS = 10
"""Time after a batch was due from which its next message has it sent. Its flush may never have been queued:
the function that started the batch may have stopped before that."""

KeptEntries = Mapping[int, Entry] | UnavailableError
"""The entries of a log that are still kept, by offset, or the error that prevented reading them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut:
    """Sends to whole sessions. Implements the port Broadcaster, too."""

    listeners: Listeners
    pusher: Pusher
    queue: TaskQueue
    channel: "ChannelFanOut | None"
    """Serves the audience's channel; None if the stack has none."""
    prune_listeners: PruneListeners
    deadline: Deadline
    settings: Settings
    logger: Logger
    metrics: Metrics
    parallel_map: ParallelMap

    def publish(self, session: Session, entry: Entry) -> None:
        """Send an entry to every listener, or leave it to the flush of the session's batch.

        An entry without a batch in a session that coalesces is a repeat. Its first attempt may have stopped
        before it scheduled the flush, so that others may wait for it. In a session that coalesces no longer,
        what the entry found waiting is queued first. Raises UnavailableError if the entry can be neither sent
        nor queued.
        """
        if session.batch is not None:
            self._schedule_flushes(session, session.batch, entry)
            return
        if coalesces(session, self.settings):
            self.queue.flush_later([(flush_task(session, None), 0)])
        earlier = self._tasks_of(session, session.closed) if session.closed else []
        if earlier:
            self.queue.send(earlier)
        offsets = OffsetRange(first=entry.offset, last=entry.offset)
        self._send(session, self._tasks_of(session, offsets), [entry])

    def serves_channel_of(self, session: Session) -> bool:
        """Return whether the session has listeners on the audience's channel, or had."""
        return self.channel is not None and bool(session.channel_languages)

    def _tasks_of(
        self, session: Session, offsets: OffsetRange | None, event: Message | None = None
    ) -> list[FanOutTask]:
        return tasks_of(session, offsets, event, has_channel=self.channel is not None)

    def _schedule_flushes(self, session: Session, batch: Batch, entry: Entry) -> None:
        """Have the batch sent at its end if the entry is its first one, or at once if its flush is late.

        The batch that the entry closed is sent at once.
        """
        flushes: list[tuple[FlushTask, int]] = []
        if session.closed is not None:
            flushes.append((flush_task(session, session.closed.last), 0))
        task = flush_task(session, batch.first)
        if batch.first == entry.offset:
            flushes.append((task, self.settings.coalescing_interval))
        elif entry.published_at > batch.due_at + LATE_SECONDS:
            flushes.append((task, 0))
        if flushes:
            self.queue.flush_later(flushes)

    def broadcast(self, session: Session, event: BroadcastEvent, *, exclude: str | None = None) -> bool:
        """As in the port. In a session that coalesces, the end goes through the queue after the messages."""
        push = push_of(event)
        speaker = session.speaker_connection_id
        has_speaker = speaker is not None and speaker != exclude
        to_speaker = [Delivery(speaker, (encode(push),))] if speaker is not None and has_speaker else []
        try:
            if isinstance(event, SessionEnded) and self._may_wait(session):
                self._queue_end(session, push)
                deliver_all(self.pusher, self.metrics, (), to_speaker)
            else:
                self._send(session, self._tasks_of(session, None, push), push, to_speaker, exclude=exclude)
        except UnavailableError:
            self.metrics.count("BroadcastFailed")
            self.logger.warning("broadcast failed", session=short_digest(session.session_id))
            return False
        return True

    def _may_wait(self, session: Session) -> bool:
        """Return whether messages wait, or wait in the queue since a moment ago."""
        return _waiting_at_end(session) is not None or coalesces(session, self.settings)

    def _queue_end(self, session: Session, push: Message) -> None:
        """Queue the end behind the messages that wait, in the same tasks.

        If none wait, the last flush may be under way, so that the end waits for the length of an interval.
        The end is queued even if the messages before its own tasks cannot be. Raises UnavailableError then.
        """
        waiting = _waiting_at_end(session)
        delay_seconds = 0 if waiting else self.settings.coalescing_interval
        tasks = self._tasks_of(session, waiting, push)
        earlier = [task for task in tasks if task.event is None]
        not_queued = None
        try:
            if earlier:
                self.queue.send(earlier)
        except UnavailableError as error:
            not_queued = error
        self.queue.send([task for task in tasks if task.event is not None], delay_seconds=delay_seconds)
        if not_queued is not None:
            raise not_queued

    def _send(
        self,
        session: Session,
        tasks: Sequence[FanOutTask],
        content: Sequence[Entry] | Message,
        unreported: Sequence[Delivery] = (),
        exclude: str | None = None,
    ) -> None:
        """Read shards until there are enough listeners, queue the other shards, then push.

        The reads and the pushes leave time to queue what they have not served, and so does the channel, which
        is published to meanwhile. What the pushes have not served is queued before the wait for the channel.
        """
        for_channel = [task for task in tasks if task.is_for_channel]
        tasks = [task for task in tasks if not task.is_for_channel]
        entries = () if isinstance(content, dict) else content
        for_rest = QUEUE_SECONDS if for_channel else 0.0
        with self.deadline.reserve(QUEUE_SECONDS + for_rest):
            channel = self.channel and self.channel.start(for_channel, lambda _: entries)
            try:
                listeners = read_until(
                    self.listeners,
                    self.parallel_map,
                    session,
                    self.settings.direct_fan_out,
                    session.channel_languages if self.channel else frozenset(),
                )
            except UnavailableError:
                listeners = dict[int, list[Listener]]()
        queued = [task for task in tasks if task.shard not in listeners]
        if queued:
            self.queue.send(queued)
        direct = [task for task in tasks if task.shard in listeners]
        deliveries = [
            delivery
            for task in direct
            for delivery in deliveries_for(
                task.shard_key, listeners[task.shard], [PendingPayload(content, [task])]
            )
            if delivery.connection_id != exclude
        ]
        with self.deadline.reserve(QUEUE_SECONDS + for_rest):
            report = deliver_all(self.pusher, self.metrics, deliveries, unreported)
        retries = [retry for task in direct for retry in retry_tasks(task, report)]
        with self.deadline.reserve(for_rest):
            if retries:
                self.queue.send(retries)
            unpublished = [task for task in (channel() if channel else ()) if task is not None]
        if unpublished:
            self.queue.send(unpublished)
        self.prune_listeners(report.gone)


def _waiting_at_end(session: Session) -> OffsetRange | None:
    return waiting_at(session, session.ended_at or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOutConsumer:
    """Serves the queue's tasks in batches, all shards of a batch at once."""

    listeners: Listeners
    message_log: MessageLog
    pusher: Pusher
    queue: TaskQueue
    channel: "ChannelFanOut | None"
    """As in FanOut. Without one, tasks for the channel become tasks for all shards."""
    prune_listeners: PruneListeners
    flush_batch: FlushBatch
    deadline: Deadline
    metrics: Metrics
    parallel_map: ParallelMap

    def __call__(self, tasks: Sequence[FanOutTask | FlushTask]) -> list[UnavailableError | None]:
        """Return for each task the error that requires redelivery, or None if it is done."""
        shards = [task for task in tasks if isinstance(task, FanOutTask)]
        flushed = self._flush_all([task for task in tasks if isinstance(task, FlushTask)])
        served = iter(self._serve(shards) if shards else [])
        return [flushed[task] if isinstance(task, FlushTask) else next(served) for task in tasks]

    def _flush_all(self, tasks: Sequence[FlushTask]) -> dict[FlushTask, UnavailableError | None]:
        """Flush each session once for all of its tasks with one batch, one batch after the other.

        A flush queues all closed messages of the session. Those that ran at once would each queue them.
        """
        by_session: dict[str, dict[int | None, FlushTask]] = {}
        for task in tasks:
            by_session.setdefault(task.session_id, {})[task.offset] = task
        flushed = dict(zip(by_session, self.parallel_map(self._flush, by_session.values()), strict=True))
        return {task: flushed[task.session_id][task.offset] for task in tasks}

    def _flush(self, tasks: Mapping[int | None, FlushTask]) -> dict[int | None, UnavailableError | None]:
        """Flush one session; return for each batch the error that requires redelivery, or None."""
        failures = dict[int | None, UnavailableError | None].fromkeys(tasks)
        for offset, task in tasks.items():
            try:
                self.flush_batch(task)
            except UnavailableError as error:
                failures[offset] = error
        return failures

    def _serve(self, tasks: Sequence[FanOutTask]) -> list[UnavailableError | None]:
        """Serve the channel and the shards; return an error or None for each task.

        A log that could not be read has none of its tasks served, so that no event overtakes its entries.
        """
        kept = self._read_entries(tasks)
        for_channel = [task for task in tasks if task.is_for_channel]
        shards = [task for task in tasks if not task.is_for_channel]
        if self.channel is None:
            served = iter(self._serve_shards([_without_channel(task) for task in shards], kept))
            published = iter(self._requeue(for_channel, [shard_tasks(task) for task in for_channel]))
        else:
            with self.deadline.reserve(QUEUE_SECONDS if for_channel else 0.0):
                readable = [task for task in for_channel if _unreadable(task, kept) is None]
                channel = self.channel.start(readable, lambda task: _entries_of(task, kept))
                served = iter(self._serve_shards(shards, kept))
                rests = channel()
            failures = iter(self._requeue(readable, list(map(_after_channel, rests))))
            published = iter([_unreadable(task, kept) or next(failures) for task in for_channel])
        return [next(published if task.is_for_channel else served) for task in tasks]

    def _serve_shards(
        self, tasks: Sequence[FanOutTask], kept: Mapping[LogKey, KeptEntries]
    ) -> list[UnavailableError | None]:
        """Serve shards; return an error or None for each task.

        A listener gets entries by their offsets, then events, also of one task. Duplicate tasks are served
        once. An entry that is no longer kept is skipped, and a listener that misses it gets `reset`. If some
        listeners could not be reached, retry tasks are sent for them. The last retry task is not acknowledged
        if it fails.
        """
        by_shard: dict[ShardKey, list[FanOutTask]] = {}
        for task in tasks:
            by_shard.setdefault(task.shard_key, []).append(task)
        read = dict(
            zip(
                by_shard, self.parallel_map(lambda one: self._read(one, kept), by_shard.values()), strict=True
            )
        )
        unread = {shard: found for shard, found in read.items() if isinstance(found, UnavailableError)}
        deliveries = [one for found in read.values() if isinstance(found, list) for one in found]
        try:
            with self.deadline.reserve(QUEUE_SECONDS):
                report = deliver_all(self.pusher, self.metrics, deliveries)
        except UnavailableError as error:
            return [error if read[task.shard_key] else None for task in tasks]
        failures = self._requeue(tasks, [retry_tasks(task, report) for task in tasks])
        self.prune_listeners(report.gone)
        return [unread.get(task.shard_key, failure) for task, failure in zip(tasks, failures, strict=True)]

    def _read(
        self, tasks: Sequence[FanOutTask], kept: Mapping[LogKey, KeptEntries]
    ) -> list[ListenerDelivery] | UnavailableError:
        """Return the deliveries of one shard's tasks, or the error that prevented reading them."""
        session_id, shard = tasks[0].shard_key
        by_entries: dict[tuple[str, int, int], list[FanOutTask]] = {}
        for task in tasks:
            if task.offsets:
                by_entries.setdefault((task.epoch, task.offset, task.count), []).append(task)
        pending: list[PendingPayload] = []
        for key in sorted(by_entries):
            error = _unreadable(by_entries[key][0], kept)
            if error is not None:
                return error
            entries = _entries_of(by_entries[key][0], kept)
            if entries:
                pending.append(PendingPayload(entries, by_entries[key]))
        pending += [PendingPayload(dict(task.event), [task]) for task in tasks if task.event is not None]
        if not pending:
            return []
        try:
            listeners = read_listeners(self.listeners, session_id, shard)
        except UnavailableError as error:
            return error
        return deliveries_for((session_id, shard), listeners, pending)

    def _read_entries(self, tasks: Sequence[FanOutTask]) -> dict[LogKey, KeptEntries]:
        """Read the entries of the tasks, those of one log once for all shards."""
        offsets: dict[LogKey, set[int]] = {}
        for task in tasks:
            if task.offsets:
                offsets.setdefault(task.log_key, set()).update(task.offsets)
        return dict(zip(offsets, self.parallel_map(self._kept_entries, offsets.items()), strict=True))

    def _kept_entries(self, wanted: tuple[LogKey, set[int]]) -> KeptEntries:
        (session_id, epoch), offsets = wanted
        try:
            found = self.message_log.at(session_id, epoch, sorted(offsets))
        except UnavailableError as error:
            return error
        return {entry.offset: entry for entry in found}

    def _requeue(
        self, tasks: Sequence[FanOutTask], retries: Sequence[Sequence[FanOutTask]]
    ) -> list[UnavailableError | None]:
        """Send the tasks that follow; if that fails, return the error for the tasks to redeliver."""
        new = [
            retry
            for task, following in zip(tasks, retries, strict=True)
            for retry in following
            if not task.is_last_retry
        ]
        unreached = UnavailableError("Some listeners could not be reached yet.")
        not_queued = None
        try:
            if new:
                self.queue.send(new)
        except UnavailableError as error:
            not_queued = error
        return [
            None if not following else unreached if task.is_last_retry else not_queued
            for task, following in zip(tasks, retries, strict=True)
        ]


def _after_channel(rest: FanOutTask | None) -> list[FanOutTask]:
    """Return the tasks that follow from what is left of a task for the channel.

    A channel that goes on to refuse what it is sent may do so for days: its quota is used up, or the
    function has no route to it. Its listeners are then pushed to as all others.
    """
    if rest is None:
        return []
    return [replace(rest, retry=rest.retry + 1)] if rest.retry < MAX_CHANNEL_RETRIES else shard_tasks(rest)


def _without_channel(task: FanOutTask) -> FanOutTask:
    """Return a task that pushes to all listeners of its shard."""
    return replace(task, channel_languages=()) if task.channel_languages else task


def _unreadable(task: FanOutTask, kept: Mapping[LogKey, KeptEntries]) -> UnavailableError | None:
    """Return the error that prevented reading the task's entries, or None."""
    found = kept.get(task.log_key)
    return found if isinstance(found, UnavailableError) else None


def _entries_of(task: FanOutTask, kept: Mapping[LogKey, KeptEntries]) -> list[Entry]:
    """Return the task's entries that are still kept."""
    found = kept.get(task.log_key, {})
    if isinstance(found, UnavailableError):
        return []
    return [found[offset] for offset in task.offsets if offset in found]
