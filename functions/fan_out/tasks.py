"""Work for the fan-out function, the queue that carries it, and its JSON there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

LAST_RECEIPT = 5
"""Receipts of a task after which a listener that is throttled still is disconnected. No queue gives a task up
earlier: AWS advises five receipts at least (components/websocket_sessions/fan_out_queue.py)."""

Shard = tuple[str, int]
"""A session's id, and the number of one of its shards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardTask:
    """One shard to be served: with the log's entry at this position, or else with this event."""

    session_id: str
    shard: int
    epoch: str = ""
    offset: int = 0
    event: Mapping[str, Any] | None = None
    only: tuple[str, ...] = ()
    """The connections that an earlier try left behind; none: all listeners of the shard."""
    receipt: int = 1
    """How often the queue has handed it out, this time included; not a part of its JSON."""

    @property
    def where(self) -> Shard:
        """The shard."""
        return self.session_id, self.shard

    def concerns(self, connection_id: str) -> bool:
        """Whether this listener of the shard is to be served."""
        return not self.only or connection_id in self.only


class ShardQueue(Protocol):
    """Carries tasks to the fan-out function, each at least once."""

    def send(self, tasks: Sequence[ShardTask]) -> None:
        """Hand over all tasks; raises UnavailableError if any of them may not have been taken.

        Those for connections that were left behind are handed out a little later.
        """
        ...

    def return_soon(self, received: Sequence[tuple[str, int]]) -> None:
        """Let messages that were received and will not be deleted come again in a few seconds.

        Each by its receipt handle and how often it has been received. Up to ten, as they come in one batch.
        Raises UnavailableError if any of them waits for the queue's visibility timeout instead.
        """
        ...


def to_json(task: ShardTask) -> str:
    """The queue's message for a task."""
    what = {"epoch": task.epoch, "offset": task.offset} if task.event is None else {"event": task.event}
    only = {"only": task.only} if task.only else {}
    shard = {"sessionId": task.session_id, "shard": task.shard}
    return json.dumps({**shard, **what, **only}, separators=(",", ":"))


def to_task(text: str, receipt: int = 1) -> ShardTask:
    """The task of a queue's message; raises ValueError for what `to_json` did not write."""
    fields = cast(dict[str, Any], json.loads(text))
    match fields:
        case {"sessionId": str(session_id), "shard": int(shard), "event": dict()}:
            position: dict[str, Any] = {"event": fields["event"]}
        case {"sessionId": str(session_id), "shard": int(shard), "epoch": str(epoch), "offset": int(offset)}:
            position = {"epoch": epoch, "offset": offset}
        case _:
            raise ValueError("not a task of the fan-out queue")
    only = tuple(map(str, fields.get("only", ())))
    return ShardTask(session_id=session_id, shard=shard, only=only, receipt=receipt, **position)
