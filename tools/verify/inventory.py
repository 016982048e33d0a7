"""Lists everything that an account or a local AWS holds of the types that the program creates."""

from collections.abc import Mapping

from tools.dev_stack import clients

LISTS: dict[str, tuple[str, str, str]] = {
    "aws:apigatewayv2/api:Api": ("apigatewayv2", "get_apis", "Items[].ApiId"),
    "aws:appsync/api:Api": ("appsync", "list_apis", "apis[].apiId"),
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
    "aws:scheduler/scheduleGroup:ScheduleGroup": (
        "scheduler",
        "list_schedule_groups",
        "ScheduleGroups[].Name",
    ),
    "aws:sns/topic:Topic": ("sns", "list_topics", "Topics[].TopicArn"),
    "aws:sqs/queue:Queue": ("sqs", "list_queues", "QueueUrls[]"),
    "aws:ssm/parameter:Parameter": ("ssm", "describe_parameters", "Parameters[].Name"),
}
"""Of each type of resource that exists by itself: the service, its paged list, and the ids in it (JMESPath).
The other types of the program are parts of these and go with them."""
_OPTIONS = {"list_user_pools": {"MaxResults": 60}}
"""What a list requires."""


def listed(aws: Mapping[str, str], kind: str) -> set[str]:
    """Return the ids of all resources of a type. `aws` holds the AWS_* variables of boto3's clients."""
    service, operation, ids = LISTS[kind]
    pages = clients.client(service, aws).get_paginator(operation).paginate(**_OPTIONS.get(operation, {}))
    return {str(name) for name in pages.search(ids) if name is not None}


def inventory(aws: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the ids of all resources by type."""
    return {kind: listed(aws, kind) for kind in LISTS}
