"""The fan-out queue in SQS (fan_out.tasks.TaskQueue)."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws import make_client
from domain.errors import UnavailableError
from fan_out.tasks import FanOutTask, FlushTask, to_json

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
"""Seconds. A call without a response takes 7 s at most: two attempts and a pause."""

MAX_BATCH_MESSAGES = 10
"""Messages of one call."""

FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 2, 30
"""Delay of a message after its first receive. It doubles with each receive, up to the maximum."""


@cache
def client() -> "SQSClient":
    """Return the client of this process."""
    return make_client("sqs", CONFIG)


class SqsTaskQueue:
    """Sends to the queue that FAN_OUT_QUEUE_URL names. The shards of a session fit one call."""

    def send(self, tasks: Sequence[FanOutTask]) -> None:
        """As in the port. A batch that is sent twice does no harm."""
        for start in range(0, len(tasks), MAX_BATCH_MESSAGES):
            entries: Any = [
                {
                    "Id": str(number),
                    "MessageBody": to_json(task),
                    "DelaySeconds": FIRST_RETRY_SECONDS if task.is_retry else 0,
                }
                for number, task in enumerate(tasks[start : start + MAX_BATCH_MESSAGES])
            ]
            _call(client().send_message_batch, entries)

    def flush_later(self, session_id: str, delay_seconds: int) -> None:
        """As in the port. SQS delays by whole seconds."""
        body = to_json(FlushTask(session_id=session_id))
        entries: Any = [{"Id": "0", "MessageBody": body, "DelaySeconds": delay_seconds}]
        _call(client().send_message_batch, entries)

    def retry_soon(self, received: Sequence[tuple[str, int]]) -> None:
        """As in the port."""
        entries: Any = [
            {
                "Id": str(number),
                "ReceiptHandle": handle,
                "VisibilityTimeout": min(FIRST_RETRY_SECONDS * 2 ** (receive_count - 1), MAX_RETRY_SECONDS),
            }
            for number, (handle, receive_count) in enumerate(received)
        ]
        _call(client().change_message_visibility_batch, entries)


def _call(operation: Callable[..., Mapping[str, Any]], entries: Any) -> None:
    """Make one batch call. Raises UnavailableError if it fails, even in part."""
    try:
        response = operation(QueueUrl=os.environ["FAN_OUT_QUEUE_URL"], Entries=entries)
    except (ClientError, BotoCoreError) as error:
        raise UnavailableError from error
    if response.get("Failed"):
        raise UnavailableError
