"""Finds what is left of a removed stack: in the services' own lists, and by its tags."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import yaml

from tools.dev_stack.paths import ROOT
from tools.verify.verification import Verification

LISTS: dict[str, tuple[str, str, str]] = {
    "aws:apigatewayv2/api:Api": ("apigatewayv2", "get_apis", "Items[].ApiId"),
    "aws:cloudfront/distribution:Distribution": (
        "cloudfront",
        "list_distributions",
        "DistributionList.Items[].Id",
    ),
    "aws:cloudwatch/dashboard:Dashboard": (
        "cloudwatch",
        "list_dashboards",
        "DashboardEntries[].DashboardName",
    ),
    "aws:cloudwatch/logGroup:LogGroup": ("logs", "describe_log_groups", "logGroups[].logGroupName"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch", "describe_alarms", "MetricAlarms[].AlarmName"),
    "aws:cognito/userPool:UserPool": ("cognito-idp", "list_user_pools", "UserPools[].Id"),
    "aws:dynamodb/table:Table": ("dynamodb", "list_tables", "TableNames[]"),
    "aws:iam/role:Role": ("iam", "list_roles", "Roles[].RoleName"),
    "aws:lambda/eventSourceMapping:EventSourceMapping": (
        "lambda",
        "list_event_source_mappings",
        "EventSourceMappings[].UUID",
    ),
    "aws:lambda/function:Function": ("lambda", "list_functions", "Functions[].FunctionName"),
    "aws:s3/bucket:Bucket": ("s3", "list_buckets", "Buckets[].Name"),
    "aws:scheduler/schedule:Schedule": (
        "scheduler",
        "list_schedules",
        "Schedules[].join('/', [GroupName, Name])",
    ),
    "aws:sns/topic:Topic": ("sns", "list_topics", "Topics[].TopicArn"),
    "aws:sqs/queue:Queue": ("sqs", "list_queues", "QueueUrls[]"),
    "aws:ssm/parameter:Parameter": ("ssm", "describe_parameters", "Parameters[].Name"),
}
"""Of each type of resource that exists by itself: the service, its list, and the ids in it (JMESPath). The
other types of the program are parts of these and go with them."""
SETTLING_SECONDS = 300.0
"""How long AWS's lists may still show what was deleted: they are eventually consistent."""
POLL_SECONDS = 10.0


def by_name(run: Verification, resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the resources of the former state that a service still lists, as `type id`."""
    ids: dict[str, set[str]] = {}
    for one in resources:
        if one["type"] in LISTS:
            ids.setdefault(str(one["type"]), set()).add(str(one["id"]))

    def left() -> list[str]:
        found = ((kind, name) for kind in sorted(ids) for name in _listed(run, kind))
        return [f"{kind} {name}" for kind, name in found if name in ids[kind]]

    return _settled(run, left)


def by_tag(run: Verification) -> list[str]:
    """Return the ARNs of the resources with the stack's tags."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["name"]
    filters = [
        {"Key": "Project", "Values": [project]},
        {"Key": "Stack", "Values": [run.stack.name.rpartition("/")[2]]},
    ]
    pages = run.client("resourcegroupstaggingapi").get_paginator("get_resources")

    def left() -> list[str]:
        found = pages.paginate(TagFilters=filters).search("ResourceTagMappingList[].ResourceARN")
        return sorted(str(arn) for arn in found)

    return _settled(run, left)


def _listed(run: Verification, kind: str) -> set[str]:
    service, operation, ids = LISTS[kind]
    client = run.client(service)
    if client.can_paginate(operation):
        options = {"MaxResults": 60} if operation == "list_user_pools" else {}
        found = client.get_paginator(operation).paginate(**options).search(ids)
    else:
        raise LookupError(f"{service} has no pages of {operation}")
    return {str(name) for name in found if name is not None}


def _settled(run: Verification, left: Callable[[], Sequence[str]]) -> list[str]:
    deadline = time.monotonic() + (0 if run.on_emulator else SETTLING_SECONDS)
    while (found := left()) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return list(found)
