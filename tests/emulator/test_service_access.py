"""Which policies let a service act, and that S3's notifications need one, as on AWS."""

import json
from typing import Any

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.registry import resource
from pulumi_local_aws.provider.service_access import allows

SOURCE = {"aws:sourcearn": "arn:aws:s3:::pages", "aws:sourceaccount": "000000000000"}
S3 = {"Service": "s3.amazonaws.com"}


def policy(**statement: Any) -> str:
    return json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", **statement}})


@pytest.mark.parametrize(
    ("document", "is_allowed"),
    [
        (policy(Principal=S3), True),
        (policy(Principal={"Service": ["sns.amazonaws.com", "s3.amazonaws.com"]}), True),
        (policy(Principal="*", Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::pa*"}}), True),
        (policy(Principal=S3, Condition={"StringEquals": {"AWS:SourceAccount": "000000000000"}}), True),
        (policy(Principal=S3, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other"}}), False),
        (policy(Principal=S3, Condition={"StringEquals": {"aws:SourceOwner": "000000000000"}}), False),
        (policy(Principal=S3, Condition={"Bool": {"aws:SecureTransport": "true"}}), False),
        (policy(Principal=S3, Effect="Deny"), False),
        (policy(Principal={"Service": "sns.amazonaws.com"}), False),
        ("", False),
    ],
)
def test_a_statement_must_name_the_service_and_the_source(document: str, is_allowed: bool) -> None:
    assert allows(document, "s3.amazonaws.com", SOURCE) is is_allowed


@pytest.mark.emulator
def test_a_notification_to_a_queue_that_s3_may_not_use_is_refused(emulator: MiniStack) -> None:
    aws = emulator.environment
    client("s3", aws).create_bucket(Bucket="notifying")
    queues = client("sqs", aws)
    url = queues.create_queue(QueueName="notified")["QueueUrl"]
    arn = f"arn:aws:sqs:{aws['AWS_REGION']}:000000000000:notified"
    inputs = {"bucket": "notifying", "queues": [{"queueArn": arn, "events": ["s3:ObjectCreated:*"]}]}
    notification, cloud = resource("aws:s3/bucketNotification:BucketNotification"), Cloud(environment=aws)
    with pytest.raises(AwsError, match=r"does not allow s3\.amazonaws\.com to send for the bucket notifying"):
        notification.create(cloud, inputs)
    condition = {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::notifying"}}
    allowing = policy(Principal=S3, Action="sqs:SendMessage", Resource=arn, Condition=condition)
    queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": allowing})
    assert notification.create(cloud, inputs) == "notifying"
    client("s3", aws).delete_bucket(Bucket="notifying")
    queues.delete_queue(QueueUrl=url)
