"""The fan-out queue: its tasks, their JSON, and the port that sends them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from domain.coalescing import MAX_MESSAGES, MAX_WAITING_MESSAGES
from domain.model import Listener, OffsetRange, Session

MAX_THROTTLED_ROUNDS = 4
"""Rounds of pushes in which a listener is throttled before it is disconnected: it has not read for 8 s
(adapters/fan_out_queue.py has the delays)."""

MAX_RETRIES = 4
"""Retry tasks that follow from each other. The last one is redelivered by the queue, up to its dead-letter
queue. A message takes a publish, a flush, a task of the channel with its retries, a first task of a shard and
these at most, and Lambda stops chains of about 16 invocations (Lambda Developer Guide, "Use Lambda recursive
loop detection to prevent infinite loops")."""

MAX_CHANNEL_RETRIES = 2
"""Retry tasks of the channel that follow from each other. After the last one, listeners on the channel are
pushed to as all others."""

CHANNEL = -1
"""In place of a shard's number: the audience's channel, which is served beside the shards."""

ShardKey = tuple[str, int]
"""A session's id and the number of one of its shards, or CHANNEL."""

LogKey = tuple[str, str]
"""A session's id and the epoch of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOutTask:
    """One shard to serve with entries of the log from a position on, with an event, or with both in order."""

    session_id: str
    shard: int
    epoch: str = ""
    """The epoch of the entries, or empty for an event alone. A task for the channel has it always."""
    offset: int = 0
    count: int = 1
    """Number of entries. Several go out together. 0 for an event alone, of a task for the channel."""
    event: Mapping[str, Any] | None = None
    connection_ids: tuple[str, ...] = ()
    """The listeners that an earlier attempt did not reach. Empty for all listeners of the shard."""
    retry: int = 0
    """Number of the retry, or 0 for the first attempt."""
    channel_languages: tuple[str, ...] = ()
    """The languages in which the channel carries the content to the listeners on it."""
    shards: int = 0
    """The shards in use as a task for the channel was queued. 0 for a task for a shard."""
    throttled_rounds: int = 0
    """Earlier rounds in which these listeners were throttled."""
    receive_count: int = 1
    """How often the queue has delivered the task, this time included. Not a part of the JSON."""

    @property
    def shard_key(self) -> ShardKey:
        return self.session_id, self.shard

    @property
    def log_key(self) -> LogKey:
        return self.session_id, self.epoch

    @property
    def is_for_channel(self) -> bool:
        """Whether the task is for the audience's channel, and not for a shard."""
        return self.shard == CHANNEL

    @property
    def offsets(self) -> range:
        """The offsets of the entries."""
        return range(self.offset, self.offset + self.count) if self.epoch else range(0)

    @property
    def is_retry(self) -> bool:
        """Whether the task is for listeners that an earlier attempt did not reach."""
        return bool(self.connection_ids)

    @property
    def is_last_retry(self) -> bool:
        """Whether no retry task follows this one."""
        return self.retry >= MAX_RETRIES

    @property
    def is_last_throttled_round(self) -> bool:
        """Whether a listener that is throttled once more is disconnected.

        The deliveries of the last retry are rounds, too: no task with more rounds follows it.
        """
        rounds = self.throttled_rounds + (self.receive_count if self.is_last_retry else 1)
        return rounds >= MAX_THROTTLED_ROUNDS

    def includes(self, connection_id: str) -> bool:
        """Return whether the task is for this listener of the shard, if no channel serves it."""
        return not self.connection_ids or connection_id in self.connection_ids

    def is_for(self, listener: Listener) -> bool:
        """Return whether the listener gets the content on its connection.

        It does unless the channel carries it there, or if an earlier attempt has not reached its connection.
        """
        if self.connection_ids:
            return listener.connection_id in self.connection_ids
        return not listener.on_channel or listener.target_language not in self.channel_languages


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushTask:
    """A session whose batch is to be sent."""

    session_id: str
    epoch: str
    """The epoch of the batch. A task that the first code with batches queued has an empty one, and no shards.
    It named the offset `first`."""
    shards: int
    """Shards in use as the task was queued."""
    offset: int | None = None
    """The first offset of the batch, or any of one that is closed. A task that is late or repeated sends no
    later batch. None is any batch."""
    receive_count: int = 1
    """As for a FanOutTask."""


def flush_task(session: Session, offset: int | None) -> FlushTask:
    """Return the task that flushes the session's batch with this offset."""
    return FlushTask(
        session_id=session.session_id, epoch=session.epoch, shards=session.shards_in_use, offset=offset
    )


def tasks_of(
    session: Session,
    offsets: OffsetRange | None,
    event: Mapping[str, Any] | None = None,
    *,
    has_channel: bool,
) -> list[FanOutTask]:
    """Return the tasks for all shards in use: the entries of these offsets, then an event if there is one.

    In a stack that has a channel, there is a task for the channel beside them, if it has listeners.

    Batches whose flush failed are closed together, so that there are tasks for MAX_MESSAGES each. The last
    ones have the event. Of more than MAX_WAITING_MESSAGES, there are tasks for the last ones.
    """
    parts = [range(0)]
    if offsets is not None:
        everything = range(offsets.first, offsets.last + 1)[-MAX_WAITING_MESSAGES:]
        parts = [
            everything[start : start + MAX_MESSAGES] for start in range(0, len(everything), MAX_MESSAGES)
        ]
    languages = tuple(sorted(session.channel_languages)) if has_channel else ()
    shards = [*range(session.shards_in_use), *([CHANNEL] if languages else [])]
    return [
        FanOutTask(
            session_id=session.session_id,
            shard=shard,
            epoch=session.epoch if part or shard == CHANNEL else "",
            offset=part.start,
            count=len(part) if shard == CHANNEL else max(1, len(part)),
            event=event if part == parts[-1] else None,
            channel_languages=languages,
            shards=session.shards_in_use if shard == CHANNEL else 0,
        )
        for part in parts
        for shard in shards
    ]


def shard_tasks(task: FanOutTask) -> list[FanOutTask]:
    """Return tasks that push what a task for the channel carries to all listeners, on the channel or not.

    Those that received it before discard it.
    """
    return [
        replace(
            task,
            shard=shard,
            shards=0,
            channel_languages=(),
            retry=0,
            epoch=task.epoch if task.count else "",
            count=max(1, task.count),
        )
        for shard in range(task.shards)
    ]


class TaskQueue(Protocol):
    """Delivers tasks to the fan-out function, each at least once."""

    def send(self, tasks: Sequence[FanOutTask], *, delay_seconds: int = 0) -> None:
        """Enqueue all tasks, retry tasks with a delay of their own.

        Raises UnavailableError if any may be missing.
        """
        ...

    def flush_later(self, flushes: Sequence[tuple[FlushTask, int]]) -> None:
        """Enqueue tasks, each to be delivered after its delay in seconds. Raises UnavailableError."""
        ...

    def retry_soon(self, received: Sequence[tuple[str, int]]) -> None:
        """Shorten the visibility timeout of messages that will not be deleted.

        Each is given by its receipt handle and receive count; up to ten, as one batch has. Raises
        UnavailableError if any of them keeps the visibility timeout of the queue.
        """
        ...


def to_json(task: FanOutTask | FlushTask) -> str:
    """Return the queue's message for a task."""
    if isinstance(task, FlushTask):
        flush: dict[str, Any] = {
            "sessionId": task.session_id,
            "flush": True,
            "epoch": task.epoch,
            "shards": task.shards,
        }
        if task.offset is not None:
            flush["offset"] = task.offset
        return json.dumps(flush, separators=(",", ":"))
    fields: dict[str, Any] = {"sessionId": task.session_id, "shard": task.shard}
    if task.epoch:
        fields |= {"epoch": task.epoch, "offset": task.offset}
    if task.count != 1:
        fields["count"] = task.count
    if task.event is not None:
        fields["event"] = task.event
    if task.connection_ids:
        fields["connectionIds"] = task.connection_ids
    if task.channel_languages:
        fields["channelLanguages"] = task.channel_languages
    if task.shards:
        fields["shards"] = task.shards
    if task.retry:
        fields |= {"retry": task.retry, "throttledRounds": task.throttled_rounds}
    return json.dumps(fields, separators=(",", ":"))


def to_task(text: str, receive_count: int = 1) -> FanOutTask | FlushTask:
    """Return the task of a queue's message. Raises ValueError if it has none."""
    fields = cast(dict[str, Any], json.loads(text))
    match fields:
        case {"sessionId": str(session_id), "flush": True}:
            return FlushTask(
                session_id=session_id,
                epoch=str(fields.get("epoch", "")),
                shards=int(fields.get("shards", 0)),
                offset=fields.get("offset", fields.get("first")),
                receive_count=receive_count,
            )
        case {"sessionId": str(session_id), "shard": int(shard), "epoch": str(epoch), "offset": int(offset)}:
            content = {"epoch": epoch, "offset": offset, "count": int(fields.get("count", 1))}
        case {"sessionId": str(session_id), "shard": int(shard), "event": dict()}:
            content: dict[str, Any] = {}
        case _:
            raise ValueError("the message has no fan-out task")
    return FanOutTask(
        session_id=session_id,
        shard=shard,
        connection_ids=tuple(map(str, fields.get("connectionIds", ()))),
        channel_languages=tuple(map(str, fields.get("channelLanguages", ()))),
        shards=int(fields.get("shards", 0)),
        retry=int(fields.get("retry", 0)),
        throttled_rounds=int(fields.get("throttledRounds", 0)),
        event=fields.get("event"),
        receive_count=receive_count,
        **content,
    )
