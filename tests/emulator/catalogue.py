"""List a case of each supported resource type: its first properties, and what each change needs.

Whether a change updates or replaces is what the pulumi-aws 7.51.1 documentation says of the property
("Changing this forces a new resource").
"""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Case:
    """One resource: its type, first properties, the changes that update it and those that replace it."""

    type: str
    properties: dict[str, Any]
    updates: dict[str, Any] = field(default_factory=dict[str, Any])
    replaces: dict[str, Any] = field(default_factory=dict[str, Any])
    depends_on: tuple[str, ...] = ()


def trust(service: str) -> str:
    """Return a role's trust policy for one service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(action: str, resource: str) -> str:
    """Return a policy that allows one action."""
    statement = {"Effect": "Allow", "Action": [action], "Resource": [resource]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


HANDLER = "def handler(event, context):\n    return {'statusCode': 200}\n"
_INDEX = {"name": "due", "hashKey": "shard", "rangeKey": "at", "projectionType": "ALL"}
_ATTRIBUTES = [
    {"name": "id", "type": "S"},
    {"name": "shard", "type": "S"},
    {"name": "at", "type": "N"},
]

COMPUTE: dict[str, Case] = {
    "table": Case(
        type="aws:dynamodb/table:Table",
        properties={
            "attributes": _ATTRIBUTES,
            "hashKey": "id",
            "billingMode": "PAY_PER_REQUEST",
            "globalSecondaryIndexes": [_INDEX],
            "streamEnabled": True,
            "streamViewType": "NEW_AND_OLD_IMAGES",
            "ttl": {"attributeName": "ttl", "enabled": True},
            "tags": {"team": "a"},
        },
        updates={
            "attributes": [*_ATTRIBUTES, {"name": "kind", "type": "S"}],
            "globalSecondaryIndexes": [
                {**_INDEX, "projectionType": "KEYS_ONLY"},
                {"name": "kinds", "hashKey": "kind", "projectionType": "ALL"},
            ],
            "pointInTimeRecovery": {"enabled": True},
            "ttl": {"attributeName": "ttl", "enabled": False},
            "tags": {"team": "b", "more": "c"},
        },
        replaces={"hashKey": "shard", "name": "renamed"},
    ),
    "role": Case(
        type="aws:iam/role:Role",
        properties={"assumeRolePolicy": trust("lambda.amazonaws.com"), "tags": {"team": "a"}},
        updates={
            "assumeRolePolicy": trust("scheduler.amazonaws.com"),
            "description": "new",
            "maxSessionDuration": 7200,
            "tags": {"team": "b"},
        },
        replaces={"name": "renamed", "path": "/other/"},
    ),
    "worker": Case(type="aws:iam/role:Role", properties={"assumeRolePolicy": trust("lambda.amazonaws.com")}),
    "policy": Case(
        type="aws:iam/rolePolicy:RolePolicy",
        properties={"role": "${worker.id}", "policy": allow("dynamodb:*", "*")},
        updates={"policy": allow("dynamodb:*", "arn:aws:dynamodb:*")},
        replaces={"name": "renamed", "role": "${role.id}"},
    ),
    "logs": Case(
        type="aws:cloudwatch/logGroup:LogGroup",
        properties={"name": "/aws/lambda/catalogue-fixed", "retentionInDays": 7, "tags": {"team": "a"}},
        updates={"retentionInDays": 30, "tags": {"team": "b"}},
        replaces={"name": "/aws/lambda/catalogue-renamed"},
    ),
    "function": Case(
        type="aws:lambda/function:Function",
        properties={
            "name": "catalogue-fixed",
            "role": "${worker.arn}",
            "runtime": "python3.13",
            "handler": "handler.handler",
            "code": {"$code": HANDLER},
            "environment": {"variables": {"PLAIN": "one", "SECRET": {"$secret": "hush-hush"}}},
            "tags": {"team": "a"},
        },
        updates={
            "code": {"$code": HANDLER + "# edited\n"},
            "description": "new",
            "environment": {"variables": {"PLAIN": "two", "SECRET": {"$secret": "hush-hush"}}},
            "handler": "handler.other",
            "loggingConfig": {"logFormat": "JSON", "logGroup": "${logs.name}"},
            "memorySize": 256,
            "reservedConcurrentExecutions": 5,
            "runtime": "python3.12",
            "timeout": 20,
            "tracingConfig": {"mode": "Active"},
            "tags": {"team": "b"},
        },
        replaces={"name": "catalogue-renamed"},
        depends_on=("policy", "logs"),
    ),
    "permission": Case(
        type="aws:lambda/permission:Permission",
        properties={
            "action": "lambda:InvokeFunction",
            "function": "${function.name}",
            "principal": "apigateway.amazonaws.com",
            "sourceArn": "arn:aws:execute-api:us-east-1:000000000000:abc/*/*",
        },
        replaces={
            "action": "lambda:InvokeFunctionUrl",
            "function": "another",
            "principal": "events.amazonaws.com",
            "sourceArn": "arn:aws:execute-api:us-east-1:000000000000:def/*/*",
            "statementId": "renamed",
        },
    ),
    "mapping": Case(
        type="aws:lambda/eventSourceMapping:EventSourceMapping",
        properties={
            "functionName": "${function.name}",
            "eventSourceArn": "${table.streamArn}",
            "startingPosition": "LATEST",
            "batchSize": 10,
            "maximumBatchingWindowInSeconds": 1,
            "filterCriteria": {"filters": [{"pattern": json.dumps({"eventName": ["INSERT"]})}]},
            "tags": {"team": "a"},
        },
        updates={
            "batchSize": 20,
            "bisectBatchOnFunctionError": True,
            "maximumBatchingWindowInSeconds": 2,
            "maximumRecordAgeInSeconds": 3600,
            "maximumRetryAttempts": 3,
            "filterCriteria": {"filters": [{"pattern": json.dumps({"eventName": ["MODIFY"]})}]},
            "tags": {"team": "b"},
        },
        replaces={"startingPosition": "TRIM_HORIZON"},
        depends_on=("policy",),
    ),
    "queue": Case(
        type="aws:sqs/queue:Queue",
        properties={"sqsManagedSseEnabled": True, "visibilityTimeoutSeconds": 60, "tags": {"team": "a"}},
        updates={
            "visibilityTimeoutSeconds": 90,
            "messageRetentionSeconds": 86400,
            "receiveWaitTimeSeconds": 5,
            "sqsManagedSseEnabled": False,
            "redrivePolicy": json.dumps(
                {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 3}
            ),
            "tags": {"team": "b"},
        },
        replaces={"name": "renamed"},
    ),
    "dead": Case(type="aws:sqs/queue:Queue", properties={"name": "dead"}),
    "topic": Case(
        type="aws:sns/topic:Topic",
        properties={"displayName": "one", "tags": {"team": "a"}},
        updates={"displayName": "two", "tags": {"team": "b"}},
        replaces={"name": "renamed"},
    ),
    "group": Case(
        type="aws:scheduler/scheduleGroup:ScheduleGroup",
        properties={"tags": {"team": "a"}},
        updates={"tags": {"team": "b"}},
        replaces={"name": "renamed"},
    ),
    "schedule": Case(
        type="aws:scheduler/schedule:Schedule",
        properties={
            "groupName": "${group.name}",
            "scheduleExpression": "rate(1 hour)",
            "flexibleTimeWindow": {"mode": "OFF"},
            "target": {"arn": "${function.arn}", "roleArn": "${role.arn}"},
        },
        updates={
            "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 5},
            "scheduleExpression": "rate(2 hours)",
            "description": "new",
            "state": "DISABLED",
            "target": {
                "arn": "${function.arn}",
                "roleArn": "${worker.arn}",
                "retryPolicy": {"maximumRetryAttempts": 0},
            },
        },
        replaces={"name": "renamed", "groupName": "default"},
    ),
    "filter": Case(
        type="aws:cloudwatch/logMetricFilter:LogMetricFilter",
        properties={
            "logGroupName": "${logs.name}",
            "pattern": "ERROR",
            "metricTransformation": {"name": "errors", "namespace": "catalogue", "value": "1"},
        },
        updates={
            "pattern": "WARN",
            "metricTransformation": {"name": "warnings", "namespace": "catalogue", "value": "1"},
        },
        replaces={"name": "renamed", "logGroupName": "another"},
    ),
    "alarm": Case(
        type="aws:cloudwatch/metricAlarm:MetricAlarm",
        properties={
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1,
            "metricName": "Errors",
            "namespace": "AWS/Lambda",
            "period": 60,
            "statistic": "Sum",
            "threshold": 1,
            "dimensions": {"FunctionName": "one"},
            "tags": {"team": "a"},
        },
        updates={
            "comparisonOperator": "LessThanThreshold",
            "datapointsToAlarm": 2,
            "metricName": "Throttles",
            "namespace": "Elsewhere",
            "period": 300,
            "statistic": "Maximum",
            "okActions": ["${topic.arn}"],
            "threshold": 2.5,
            "evaluationPeriods": 3,
            "dimensions": {"FunctionName": "two"},
            "alarmActions": ["${topic.arn}"],
            "insufficientDataActions": ["${topic.arn}"],
            "treatMissingData": "notBreaching",
            "tags": {"team": "b"},
        },
        replaces={"name": "renamed"},
    ),
    "dashboard": Case(
        type="aws:cloudwatch/dashboard:Dashboard",
        properties={"dashboardName": "catalogue", "dashboardBody": json.dumps({"widgets": []})},
        updates={"dashboardBody": json.dumps({"widgets": [], "start": "-PT3H"})},
        replaces={"dashboardName": "renamed"},
    ),
}
