"""Everything that an emulator holds, of the services that the program uses."""

from collections.abc import Mapping
from typing import Any

from pulumi_local_aws.aws import client

LISTINGS: tuple[tuple[str, str, str], ...] = (
    ("dynamodb", "list_tables", "TableNames"),
    ("lambda", "list_functions", "Functions"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings"),
    ("iam", "list_roles", "Roles"),
    ("apigatewayv2", "get_apis", "Items"),
    ("logs", "describe_log_groups", "logGroups"),
    ("sqs", "list_queues", "QueueUrls"),
    ("scheduler", "list_schedules", "Schedules"),
    ("scheduler", "list_schedule_groups", "ScheduleGroups"),
    ("cloudwatch", "describe_alarms", "MetricAlarms"),
    ("cloudwatch", "list_dashboards", "DashboardEntries"),
    ("sns", "list_topics", "Topics"),
    ("s3", "list_buckets", "Buckets"),
    ("ssm", "describe_parameters", "Parameters"),
    ("cloudfront", "list_distributions", "DistributionList"),
)
"""Service, operation, and the key of its answer that lists what is there."""


def inventory(aws: Mapping[str, str]) -> dict[str, int]:
    """How many things of each kind there are."""
    counts = {
        f"{service}.{operation}": _count(aws, service, operation, key) for service, operation, key in LISTINGS
    }
    pools = client("cognito-idp", aws).list_user_pools(MaxResults=60)["UserPools"]
    return counts | {"cognito-idp.list_user_pools": len(pools)}


def _count(aws: Mapping[str, str], service: str, operation: str, key: str) -> int:
    found: Any = getattr(client(service, aws), operation)().get(key) or []
    listed: Any = found.get("Items") or [] if service == "cloudfront" else found
    return len(listed)
