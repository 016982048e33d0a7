"""The fan-out queue (sessions.fan_out.ShardQueue), and the JSON of its messages."""

import json
import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sessions.errors import UnavailableError
from sessions.fan_out import ShardTask

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})

BATCH = 10
"""Messages that one SendMessageBatch takes."""


@cache
def _client() -> "SQSClient":
    return boto3.client("sqs", config=CONFIG)  # pyright: ignore[reportUnknownMemberType]


class SqsShardQueue:
    """Sends to the queue that FAN_OUT_QUEUE_URL names; a session's shards fit one call."""

    def send(self, tasks: Sequence[ShardTask]) -> None:
        """As in the port. A call that failed in part counts as failed: serving a shard twice does no harm."""
        for start in range(0, len(tasks), BATCH):
            entries: Any = [
                {"Id": str(number), "MessageBody": to_json(task)}
                for number, task in enumerate(tasks[start : start + BATCH])
            ]
            try:
                answer = _client().send_message_batch(
                    QueueUrl=os.environ["FAN_OUT_QUEUE_URL"], Entries=entries
                )
            except (ClientError, BotoCoreError) as error:
                raise UnavailableError from error
            if answer.get("Failed"):
                raise UnavailableError


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
