"""Test that the local AWS retries asynchronous invocations and keeps the events that failed."""

import io
import json
import zipfile

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.ministack import MiniStack, lambda_environment
from pulumi_local_aws.processes import wait_until

pytestmark = pytest.mark.emulator
FAILS = """
def handler(event, context):
    print("attempt")
    raise ValueError("broken")
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def _archive(code: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("failing.py", code)
    return content.getvalue()


@pytest.mark.parametrize(("retries", "attempts"), [(0, 1), (1, 2)])
def test_a_failed_event_is_retried_as_configured_and_then_sent_to_its_queue(
    emulator: MiniStack, retries: int, attempts: int
) -> None:
    functions, queues = client("lambda", emulator.environment), client("sqs", emulator.environment)
    name, local = f"failing-{retries}", lambda_environment()
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    queue = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    role = client("iam", emulator.environment).create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    functions.create_function(
        FunctionName=name,
        Runtime=local["EMULATOR_LAMBDA_RUNTIME"],
        Architectures=[local["EMULATOR_LAMBDA_ARCHITECTURE"]],
        Handler="failing.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": _archive(FAILS)},
    )
    functions.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=retries,
        MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"depth": 1}')
    received = queues.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    record = json.loads(received[0]["Body"])
    assert record["requestPayload"] == {"depth": 1}
    assert "broken" in record["responsePayload"]["errorMessage"]
    logs = client("logs", emulator.environment)

    def logged() -> int:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return sum(event["message"].strip() == "attempt" for event in events)

    assert wait_until(lambda: logged() >= attempts, 10)
    assert logged() == attempts
