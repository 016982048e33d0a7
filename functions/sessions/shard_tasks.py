"""Work for the fan-out function, the queue that carries it, and its JSON there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardTask:
    """One shard to be served: with the log's entry at this position, or else with this event."""

    session_id: str
    shard: int
    epoch: str = ""
    offset: int = 0
    event: Mapping[str, Any] | None = None


class ShardQueue(Protocol):
    """Carries tasks to the fan-out function, each at least once."""

    def send(self, tasks: Sequence[ShardTask]) -> None:
        """Hand over all tasks; raises UnavailableError if any of them may not have been taken."""
        ...


def to_json(task: ShardTask) -> str:
    """The queue's message for a task."""
    position = {"epoch": task.epoch, "offset": task.offset}
    what = position if task.event is None else {"event": task.event}
    return json.dumps({"sessionId": task.session_id, "shard": task.shard, **what}, separators=(",", ":"))


def to_task(text: str) -> ShardTask:
    """The task of a queue's message; raises ValueError for what `to_json` did not write."""
    fields = cast(dict[str, Any], json.loads(text))
    match fields:
        case {"sessionId": str(session_id), "shard": int(shard), "event": dict()}:
            return ShardTask(session_id=session_id, shard=shard, event=fields["event"])
        case {"sessionId": str(session_id), "shard": int(shard), "epoch": str(epoch), "offset": int(offset)}:
            return ShardTask(session_id=session_id, shard=shard, epoch=epoch, offset=offset)
        case _:
            raise ValueError("not a task of the fan-out queue")
