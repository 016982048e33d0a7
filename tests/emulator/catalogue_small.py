"""List the cases of the types that small programs use."""

import json
from typing import Any

from tests.emulator.catalogue import Case, allow


def _queue_policy(action: str) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _event_config(connecting: str) -> dict[str, Any]:
    """Return the config of an Event API that authorizes connections by one type."""
    authorizer = {"authorizerUri": "${function.arn}", "authorizerResultTtlInSeconds": 0}
    return {
        "authProviders": [
            {"authType": "API_KEY"},
            {"authType": "AWS_IAM"},
            {"authType": "AWS_LAMBDA", "lambdaAuthorizerConfig": authorizer},
        ],
        "connectionAuthModes": [{"authType": connecting}],
        "defaultPublishAuthModes": [{"authType": "AWS_IAM"}],
        "defaultSubscribeAuthModes": [{"authType": "AWS_LAMBDA"}],
    }


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
    "eventApi": Case(
        type="aws:appsync/api:Api",
        properties={"eventConfig": _event_config("API_KEY"), "tags": {"team": "a"}},
        updates={
            "name": "renamed",
            "ownerContact": "team-a",
            "eventConfig": {
                **_event_config("AWS_LAMBDA"),
                "logConfig": {"cloudwatchLogsRoleArn": "${worker.arn}", "logLevel": "ERROR"},
            },
            "tags": {"team": "b"},
        },
    ),
    "channels": Case(
        type="aws:appsync/channelNamespace:ChannelNamespace",
        properties={
            "apiId": "${eventApi.apiId}",
            "subscribeAuthModes": [{"authType": "AWS_IAM"}],
            "tags": {"team": "a"},
        },
        updates={
            "publishAuthModes": [{"authType": "AWS_IAM"}],
            "subscribeAuthModes": [{"authType": "AWS_IAM"}, {"authType": "AWS_LAMBDA"}],
            "tags": {"team": "b"},
        },
        replaces={"name": "renamed", "apiId": "another"},
    ),
}
