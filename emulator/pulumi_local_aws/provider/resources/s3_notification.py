"""Define the notifications of an S3 bucket."""

import uuid
from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.resource import Resource, State
from pulumi_local_aws.provider.service_access import allows

# Each kind of destination: the property, its ARN's property, AWS's members, and the word in an automatic id.
_DESTINATIONS = (
    ("lambdaFunctions", "lambdaFunctionArn", "LambdaFunctionConfigurations", "LambdaFunctionArn", "lambda"),
    ("queues", "queueArn", "QueueConfigurations", "QueueArn", "queue"),
    ("topics", "topicArn", "TopicConfigurations", "TopicArn", "topic"),
)


class BucketNotification(Resource):
    """All notifications of a bucket, whose name is the id; one call replaces them."""

    token = "aws:s3/bucketNotification:BucketNotification"
    service = "s3"
    keys = {"Bucket": "id"}
    read_operation = "GetBucketNotificationConfiguration"

    def create(self, cloud: Cloud, inputs: State) -> str:
        self._put(cloud, inputs["bucket"], inputs)
        return inputs["bucket"]

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        try:
            answer = cloud.call("s3", self.read_operation, Bucket=resource_id)
        except NotFound:
            return None
        found = {
            name: [_from_api(entry, arn, arn_member) for entry in get_list(answer, member)]
            for name, arn, member, arn_member, _ in _DESTINATIONS
        }
        eventbridge = "EventBridgeConfiguration" in answer
        if not eventbridge and not any(found.values()):
            return None
        return {
            **{name: entries or None for name, entries in found.items()},
            "bucket": resource_id,
            "eventbridge": eventbridge,
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        self._put(cloud, resource_id, news)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        self._put(cloud, resource_id, {})

    def _put(self, cloud: Cloud, bucket: str, inputs: State) -> None:
        for name, arn, *_ in _DESTINATIONS:
            for entry in get_list(inputs, name):
                _check_destination(cloud, bucket, name, entry[arn])
        configuration: dict[str, Any] = {
            member: [_to_api(entry, arn, arn_member, word) for entry in inputs[name]]
            for name, arn, member, arn_member, word in _DESTINATIONS
            if inputs.get(name)
        }
        if inputs.get("eventbridge"):
            configuration["EventBridgeConfiguration"] = {}
        cloud.call(
            "s3",
            "PutBucketNotificationConfiguration",
            Bucket=bucket,
            NotificationConfiguration=configuration,
        )


def _check_destination(cloud: Cloud, bucket: str, kind: str, destination: str) -> None:
    """Raise AwsError if the destination's policy does not let S3 send. S3 checks that, the emulator does not.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
    """
    source = {"aws:sourcearn": f"arn:{cloud.partition}:s3:::{bucket}", "aws:sourceaccount": cloud.account}
    if not allows(_policy(cloud, kind, destination), "s3.amazonaws.com", source):
        raise AwsError(
            "PutBucketNotificationConfiguration",
            "InvalidArgument",
            "Unable to validate the following destination configurations: the policy of "
            f"{destination} does not allow s3.amazonaws.com to send for the bucket {bucket}",
        )


def _policy(cloud: Cloud, kind: str, destination: str) -> str:
    """Return a destination's policy, or an empty string if it has none."""
    if kind == "topics":
        topic = cloud.call("sns", "GetTopicAttributes", TopicArn=destination)
        return str(get_object(topic, "Attributes").get("Policy", ""))
    if kind == "queues":
        url = cloud.call("sqs", "GetQueueUrl", QueueName=destination.rpartition(":")[2])["QueueUrl"]
        queue = cloud.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["Policy"])
        return str(get_object(queue, "Attributes").get("Policy", ""))
    try:
        return str(cloud.call("lambda", "GetPolicy", FunctionName=destination)["Policy"])
    except NotFound:
        return ""


def _to_api(entry: State, arn: str, arn_member: str, word: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Id": entry.get("id") or f"tf-s3-{word}-{uuid.uuid4().hex}",
        "Events": entry["events"],
        arn_member: entry.get(arn),
    }
    rules = [
        {"Name": rule, "Value": entry[name]}
        for rule, name in (("prefix", "filterPrefix"), ("suffix", "filterSuffix"))
        if entry.get(name)
    ]
    return {**found, "Filter": {"Key": {"FilterRules": rules}}} if rules else found


def _from_api(entry: Any, arn: str, arn_member: str) -> State:
    rules = get_list(get_object(get_object(entry, "Filter"), "Key"), "FilterRules")
    values = {rule["Name"].lower(): rule["Value"] for rule in rules}
    found = {
        "id": entry.get("Id"),
        "events": entry["Events"],
        "filterPrefix": values.get("prefix"),
        "filterSuffix": values.get("suffix"),
        arn: entry[arn_member],
    }
    return {name: value for name, value in found.items() if value is not None}


RESOURCES: tuple[type[Resource], ...] = (BucketNotification,)
