"""The fan-out queue's function: serves the shards that publish or a broadcast left to it."""

from typing import Any, Protocol

import bootstrap
from bootstrap import delivery
from handlers.observed import observed
from sessions.digest import short_digest
from sessions.shard_tasks import ShardTask, to_task

fan_out = delivery.fan_out()

Shard = tuple[str, int]

RESERVE_MS = 15_000
"""Milliseconds that a shard may take, with every bounded retry of it; none is begun later."""


class Context(Protocol):
    """What of Lambda's context object is used."""

    def get_remaining_time_in_millis(self) -> int:
        """How long the invocation may still take."""
        ...


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Serve a batch shard by shard, and report the messages of those that failed or that time did not allow.

    A message that is no task is counted and dropped: no try of it could succeed. Source of the answer's form:
    Lambda Developer Guide, "Handling errors for an SQS event source in Lambda" (partial batch responses).
    """
    bootstrap.metrics().begin("fanOut")
    tasks: dict[Shard, list[ShardTask]] = {}
    message_ids: dict[Shard, list[str]] = {}
    for record in event["Records"]:
        try:
            task = to_task(record["body"])
        except (ValueError, TypeError):
            bootstrap.metrics().count("FanOutMalformed")
            continue
        shard = task.session_id, task.shard
        tasks.setdefault(shard, []).append(task)
        message_ids.setdefault(shard, []).append(record["messageId"])
    failed: list[str] = []
    for shard, work in tasks.items():
        if context.get_remaining_time_in_millis() < RESERVE_MS:
            bootstrap.metrics().count("FanOutUnfinished", len(message_ids[shard]))
        elif _served(shard, work):
            continue
        failed += message_ids[shard]
    bootstrap.metrics().flush()
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _served(shard: Shard, tasks: list[ShardTask]) -> bool:
    session_id, number = shard
    _, error = observed(
        "fanOut",
        short_digest(session_id),
        lambda: fan_out.serve(session_id, number, tasks),
        shard=number,
        tasks=len(tasks),
    )
    return error is None
