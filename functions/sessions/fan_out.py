"""From one message to every listener of a session.

The first listeners are served by whoever has the message, up to `directFanOut` of them; the shards beyond go
through a queue to the fan-out function, so that no audience is too large for one function. Membership is read
after the message has its offset, strongly consistently: a listener who is not found joined later, and
recovers from the offset that its join told.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from sessions.delivery import Delivery, Outcome, Pusher
from sessions.digest import short_digest
from sessions.errors import UnavailableError
from sessions.log import Entry, MessageLog, encode
from sessions.model import Listener, Session
from sessions.ports import Listeners, Log, Message, Metrics, Refused
from sessions.settings import Settings
from sessions.shard_tasks import ShardQueue, ShardTask

METRICS = {
    Outcome.DELIVERED: "PushDelivered",
    Outcome.GONE: "PushGone",
    Outcome.TOO_LARGE: "PushTooLarge",
    Outcome.UNREACHABLE: "PushUnreachable",
}

CLEARED_AT_ONCE = 10
"""Listeners cleared away by one push to a shard: after a mass drop, their `$disconnect`s do most of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut:
    """Serves shards. Implements the port Broadcaster, too."""

    listeners: Listeners
    departed: Callable[[str], None]
    """Takes a connection that is gone out of everything (sessions/disconnect.py)."""
    log: MessageLog
    pusher: Pusher
    queue: ShardQueue
    settings: Settings
    journal: Log
    metrics: Metrics

    def publish(self, session: Session, entry: Entry) -> None:
        """Send an entry to every listener; raises UnavailableError if that cannot even be queued."""
        tasks = [
            ShardTask(session_id=entry.session_id, shard=shard, epoch=entry.epoch, offset=entry.offset)
            for shard in range(session.shards)
        ]
        self._spread(session, tasks, [entry])

    def broadcast(self, session: Session, push: Message, *, exclude: str | None = None) -> bool:
        """As `Broadcaster.broadcast`."""
        tasks = [
            ShardTask(session_id=session.session_id, shard=shard, event=push)
            for shard in range(session.shards)
        ]
        speaker = session.speaker_connection_id
        try:
            if speaker is not None and speaker != exclude:
                self._count(self.pusher.deliver([Delivery(speaker, (encode(push),))]))
            self._spread(session, tasks, [push], exclude=exclude)
        except UnavailableError:
            self.metrics.count("BroadcastFailed")
            self.journal.warning("broadcast failed", session=short_digest(session.session_id))
            return False
        return True

    def serve(self, session_id: str, shard: int, tasks: Iterable[ShardTask]) -> None:
        """What the fan-out function does with tasks of one shard; a task that came twice is served once.

        Entries go out in the order of their offsets, one after the other to each listener, then the events.
        An entry that is no longer kept is passed over: whoever misses it is told `reset`.
        """
        waiting = list(tasks)
        offsets: dict[str, set[int]] = {}
        for task in waiting:
            if task.event is None:
                offsets.setdefault(task.epoch, set()).add(task.offset)
        entries = [
            entry
            for epoch, wanted in offsets.items()
            for entry in self.log.at(session_id, epoch, sorted(wanted))
        ]
        events = [dict(task.event) for task in waiting if task.event is not None]
        outgoing = [*entries, *events]
        if not outgoing:
            return
        for page in self._pages(session_id, shard):
            self._push(session_id, shard, page, outgoing)

    def _spread(
        self,
        session: Session,
        tasks: list[ShardTask],
        outgoing: Sequence[Entry | Message],
        exclude: str | None = None,
    ) -> None:
        """Read shards until there are enough listeners to serve, queue the other shards, then serve."""
        within_reach = session.capacity <= self.settings.direct_fan_out
        here: list[tuple[int, list[Listener]]] = []
        try:
            for task in tasks:
                if not within_reach and sum(len(page) for _, page in here) >= self.settings.direct_fan_out:
                    break
                here += [(task.shard, page) for page in self._pages(session.session_id, task.shard)]
            served = {shard for shard, _ in here}
        except UnavailableError:
            here, served = [], set[int]()
        elsewhere = [task for task in tasks if task.shard not in served]
        if elsewhere:
            self.queue.send(elsewhere)
        for shard, page in here:
            listeners = [one for one in page if one.connection_id != exclude]
            self._push(session.session_id, shard, listeners, outgoing)

    def _pages(self, session_id: str, shard: int) -> Iterator[list[Listener]]:
        """The shard's listeners, at least one page of them, if empty."""
        cursor: str | None = None
        while True:
            page = self.listeners.page(session_id, shard, cursor=cursor)
            yield list(page.listeners)
            cursor = page.cursor
            if cursor is None:
                return

    def _push(
        self,
        session_id: str,
        shard: int,
        listeners: Sequence[Listener],
        outgoing: Sequence[Entry | Message],
    ) -> None:
        """Push to each its payloads; clear away who is gone, and disconnect who cannot be reached."""

        @cache
        def payloads(language: str) -> tuple[bytes, ...]:
            return tuple(
                encode(one.push_for(language) if isinstance(one, Entry) else one) for one in outgoing
            )

        outcomes = self.pusher.deliver(
            [Delivery(one.connection_id, payloads(one.target_language)) for one in listeners]
        )
        self._count(outcomes)
        by_outcome: dict[Outcome, list[str]] = {outcome: [] for outcome in Outcome}
        for listener, outcome in zip(listeners, outcomes, strict=True):
            by_outcome[outcome].append(listener.connection_id)
        self.pusher.disconnect([*by_outcome[Outcome.UNREACHABLE], *by_outcome[Outcome.TOO_LARGE]])
        for connection_id in by_outcome[Outcome.GONE][:CLEARED_AT_ONCE]:
            self._clear_away(connection_id, session_id, shard)

    def _clear_away(self, connection_id: str, session_id: str, shard: int) -> None:
        """Remove a listener that is gone, and its row if that has no connection any more.

        A failure is let be: the next message finds the connection again, or the keep-alive does.
        """
        try:
            self.departed(connection_id)
            self.listeners.drop(connection_id=connection_id, session_id=session_id, shard=shard)
        except Refused:
            return
        except UnavailableError:
            self.journal.info("listener not cleared away", connection=short_digest(connection_id))

    def _count(self, outcomes: Sequence[Outcome]) -> None:
        for outcome, metric in METRICS.items():
            if outcome in outcomes:
                self.metrics.count(metric, outcomes.count(outcome))
