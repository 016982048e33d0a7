"""A batch of SQS needs the permission of the single operation, and no other."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_local_aws.aws import client
from pulumi_local_aws.ministack import ACCOUNT_ID, REGION, MiniStack

pytestmark = pytest.mark.emulator

NAME = "batches"
USER = "sender"


@pytest.fixture(scope="module")
def queue_url(emulator: MiniStack) -> Iterator[str]:
    queues = client("sqs", emulator.environment)
    url = queues.create_queue(QueueName=NAME)["QueueUrl"]
    yield url
    queues.delete_queue(QueueUrl=url)


@pytest.fixture
def allowed(emulator: MiniStack) -> Iterator[Callable[..., Any]]:
    """Return a client of SQS for a user who is allowed some actions on the queue."""
    iam = client("iam", emulator.environment)
    iam.create_user(UserName=USER)
    keys = iam.create_access_key(UserName=USER)["AccessKey"]

    def allow(*actions: str) -> Any:
        resource = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{NAME}"
        statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=USER, PolicyName="queue", PolicyDocument=document)
        own = {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]}
        return client("sqs", {**emulator.environment, **own})

    yield allow
    iam.delete_user_policy(UserName=USER, PolicyName="queue")
    iam.delete_access_key(UserName=USER, AccessKeyId=keys["AccessKeyId"])
    iam.delete_user(UserName=USER)


def test_the_permission_of_each_single_operation_covers_its_batch(
    allowed: Callable[..., Any], queue_url: str
) -> None:
    queues = allowed(
        "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"
    )
    sent = queues.send_message_batch(QueueUrl=queue_url, Entries=[{"Id": "1", "MessageBody": "one"}])
    assert [one["Id"] for one in sent["Successful"]] == ["1"]
    (message,) = queues.receive_message(QueueUrl=queue_url, WaitTimeSeconds=5)["Messages"]
    entry = {"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}
    changed = queues.change_message_visibility_batch(
        QueueUrl=queue_url, Entries=[{**entry, "VisibilityTimeout": 30}]
    )
    deleted = queues.delete_message_batch(QueueUrl=queue_url, Entries=[entry])
    assert [len(one["Successful"]) for one in (changed, deleted)] == [1, 1]


def test_a_permission_that_is_named_like_a_batch_allows_nothing(
    allowed: Callable[..., Any], queue_url: str
) -> None:
    queues = allowed("sqs:SendMessageBatch", "sqs:ReceiveMessage")
    with pytest.raises(ClientError, match="AccessDenied"):
        queues.send_message_batch(QueueUrl=queue_url, Entries=[{"Id": "1", "MessageBody": "one"}])
