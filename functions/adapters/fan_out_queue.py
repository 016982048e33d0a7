"""The fan-out queue in SQS (fan_out.tasks.TaskQueue)."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

from adapters.aws.client import AwsClient, CallLimits
from adapters.aws.errors import AwsCallError
from domain.errors import UnavailableError
from fan_out.tasks import FanOutTask, FlushTask, to_json

LIMITS = CallLimits(connect_seconds=1, response_seconds=2, attempts=2)
"""A call without a response takes 7 s at most: two attempts and a pause."""

MAX_BATCH_MESSAGES = 10
"""Messages of one call."""

FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 2, 30
"""Delay of the first retry task, and of a message after its first receive. The delay of a message doubles
with each receive, and that of retry tasks with each from the third on, up to the maximum."""


@cache
def client() -> AwsClient:
    """Return the client of this process."""
    return AwsClient("sqs", LIMITS)


class SqsTaskQueue:
    """Sends to the queue that FAN_OUT_QUEUE_URL names. The shards of a session fit one call."""

    def send(self, tasks: Sequence[FanOutTask], *, delay_seconds: int = 0) -> None:
        """As in the port. A batch that is sent twice does no harm."""
        for start in range(0, len(tasks), MAX_BATCH_MESSAGES):
            entries = [
                {
                    "Id": str(number),
                    "MessageBody": to_json(task),
                    "DelaySeconds": _retry_delay(max(1, task.retry - 1)) if task.retry else delay_seconds,
                }
                for number, task in enumerate(tasks[start : start + MAX_BATCH_MESSAGES])
            ]
            _call("SendMessageBatch", entries)

    def flush_later(self, flushes: Sequence[tuple[FlushTask, int]]) -> None:
        """As in the port, in one call. SQS delays by whole seconds."""
        entries = [
            {"Id": str(number), "MessageBody": to_json(task), "DelaySeconds": delay_seconds}
            for number, (task, delay_seconds) in enumerate(flushes)
        ]
        _call("SendMessageBatch", entries)

    def retry_soon(self, received: Sequence[tuple[str, int]]) -> None:
        """As in the port."""
        entries = [
            {
                "Id": str(number),
                "ReceiptHandle": handle,
                "VisibilityTimeout": _retry_delay(receive_count),
            }
            for number, (handle, receive_count) in enumerate(received)
        ]
        _call("ChangeMessageVisibilityBatch", entries)


def _retry_delay(number: int) -> int:
    return min(FIRST_RETRY_SECONDS * 2 ** (number - 1), MAX_RETRY_SECONDS)


def _call(
    operation: Literal["ChangeMessageVisibilityBatch", "SendMessageBatch"],
    entries: Sequence[Mapping[str, Any]],
) -> None:
    """Make one batch call. Raises UnavailableError if it fails, even in part."""
    arguments = {"QueueUrl": os.environ["FAN_OUT_QUEUE_URL"], "Entries": entries}
    try:
        response = client().call(f"AmazonSQS.{operation}", arguments)
    except AwsCallError as error:
        raise UnavailableError from error
    if response.get("Failed"):
        raise UnavailableError
