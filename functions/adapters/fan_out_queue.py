"""The fan-out queue in SQS (sessions.shard_tasks.ShardQueue)."""

import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sessions.errors import UnavailableError
from sessions.shard_tasks import ShardTask, to_json

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
