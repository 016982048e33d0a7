"""List the cases of the types that small programs use."""

import json

from tests.emulator.catalogue import Case, allow


def _queue_policy(action: str) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


SMALL: dict[str, Case] = {
    "managedPolicy": Case(
        type="aws:iam/policy:Policy",
        properties={"policy": allow("sqs:SendMessage", "*"), "tags": {"team": "a"}},
        updates={"policy": allow("sqs:ReceiveMessage", "*"), "tags": {"team": "b"}},
        replaces={"name": "renamed", "path": "/other/", "description": "new"},
    ),
    "attachment": Case(
        type="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        properties={"role": "${worker.name}", "policyArn": "${managedPolicy.arn}"},
        replaces={"role": "${spare.name}", "policyArn": "arn:aws:iam::000000000000:policy/another"},
    ),
    "parameter": Case(
        type="aws:ssm/parameter:Parameter",
        properties={"type": "String", "value": "one", "tags": {"team": "a"}},
        updates={"type": "StringList", "value": "two", "description": "new", "tags": {"team": "b"}},
        replaces={"name": "renamed"},
    ),
    "hidden": Case(
        type="aws:ssm/parameter:Parameter",
        properties={"type": "SecureString", "value": "hush-hush"},
        updates={"value": "hush-hush too"},
    ),
    "subscription": Case(
        type="aws:sns/topicSubscription:TopicSubscription",
        properties={"topic": "${topic.arn}", "protocol": "sqs", "endpoint": "${queue.arn}"},
        updates={"rawMessageDelivery": True, "filterPolicy": json.dumps({"kind": ["a"]})},
        replaces={
            "topic": "arn:aws:sns:us-east-1:000000000000:another",
            "protocol": "lambda",
            "endpoint": "arn:aws:sqs:us-east-1:000000000000:another",
        },
    ),
    "queuePolicy": Case(
        type="aws:sqs/queuePolicy:QueuePolicy",
        properties={"queueUrl": "${queue.id}", "policy": _queue_policy("sqs:SendMessage")},
        updates={"policy": _queue_policy("sqs:ReceiveMessage")},
        replaces={"queueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/another"},
    ),
    "invokeConfig": Case(
        type="aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        properties={"functionName": "${function.name}", "maximumRetryAttempts": 0},
        updates={
            "maximumRetryAttempts": 1,
            "maximumEventAgeInSeconds": 60,
            "destinationConfig": {"onFailure": {"destination": "${queue.arn}"}},
        },
        replaces={"functionName": "another", "qualifier": "$LATEST"},
    ),
}
