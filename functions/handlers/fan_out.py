"""The fan-out queue's function: serves the shards that publish or a broadcast left to it."""

from typing import Any

import bootstrap
from bootstrap import delivery
from handlers.observed import observed
from sessions.digest import short_digest
from sessions.shard_tasks import ShardTask, to_task

fan_out = delivery.fan_out()

Shard = tuple[str, int]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Serve a batch shard by shard, and report the messages of those shards that failed.

    A message that is no task is counted and dropped: no try of it could succeed. Source of the answer's form:
    Lambda Developer Guide, "Handling errors for an SQS event source in Lambda" (partial batch responses).
    """
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
    failed = [one for shard in tasks if not _served(shard, tasks[shard]) for one in message_ids[shard]]
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
