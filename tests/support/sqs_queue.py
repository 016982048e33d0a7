"""A queue in SQS, received from as Lambda's event source mapping does."""

import itertools
from collections.abc import Sequence
from typing import Any

import boto3

from fan_out.tasks import FanOutTask, FlushTask, to_json

numbers = itertools.count(1)


class SqsQueue:
    """Hides what was received for longer than any test takes."""

    def __init__(self) -> None:
        self._sqs: Any = boto3.client("sqs")  # pyright: ignore[reportUnknownMemberType]
        self.url: str = self._sqs.create_queue(
            QueueName=f"fan-out-{next(numbers)}", Attributes={"VisibilityTimeout": "900"}
        )["QueueUrl"]

    def event(self, tasks: Sequence[FanOutTask | FlushTask], *others: str) -> dict[str, Any]:
        """Send tasks, and messages that are none, and receive them as one batch in this order."""
        bodies = [*map(to_json, tasks), *others]
        for body in bodies:
            self._sqs.send_message(QueueUrl=self.url, MessageBody=body)
        return self.received(len(bodies))

    def received(self, wanted: int) -> dict[str, Any]:
        """The event of a batch of as many messages, once they are there."""
        records: list[dict[str, Any]] = []
        while len(records) < wanted:
            answer = self._sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=20,
                AttributeNames=["ApproximateReceiveCount"],
            )
            records += [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                }
                for message in answer["Messages"]
            ]
        return {"Records": records}
