"""The fan-out queue in SQS (fan_out.tasks.ShardQueue)."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from domain.errors import UnavailableError
from fan_out.tasks import ShardTask, to_json

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
"""Seconds. A call without an answer is given up after two attempts and a pause, 7 s at the very most."""

BATCH = 10
"""Messages that one call takes."""

FIRST_RETURN, LATEST_RETURN = 2, 30
"""Seconds after which a message comes again that was received once; twice as many each time, up to these."""


@cache
def _client() -> "SQSClient":
    return boto3.client("sqs", config=CONFIG)  # pyright: ignore[reportUnknownMemberType]


class SqsShardQueue:
    """Sends to the queue that FAN_OUT_QUEUE_URL names; a session's shards fit one call."""

    def send(self, tasks: Sequence[ShardTask]) -> None:
        """As in the port. Serving a shard twice does no harm."""
        for start in range(0, len(tasks), BATCH):
            entries: Any = [
                {
                    "Id": str(number),
                    "MessageBody": to_json(task),
                    "DelaySeconds": FIRST_RETURN if task.only else 0,
                }
                for number, task in enumerate(tasks[start : start + BATCH])
            ]
            _carry_out(_client().send_message_batch, entries)

    def return_soon(self, received: Sequence[tuple[str, int]]) -> None:
        """As in the port."""
        entries: Any = [
            {
                "Id": str(number),
                "ReceiptHandle": handle,
                "VisibilityTimeout": min(FIRST_RETURN * 2 ** (receipts - 1), LATEST_RETURN),
            }
            for number, (handle, receipts) in enumerate(received)
        ]
        _carry_out(_client().change_message_visibility_batch, entries)


def _carry_out(batch: Callable[..., Mapping[str, Any]], entries: Any) -> None:
    """Carry out one batch; raises UnavailableError also where it failed in part."""
    try:
        answer = batch(QueueUrl=os.environ["FAN_OUT_QUEUE_URL"], Entries=entries)
    except (ClientError, BotoCoreError) as error:
        raise UnavailableError from error
    if answer.get("Failed"):
        raise UnavailableError
