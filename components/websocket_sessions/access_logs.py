"""Access logs of an API's stage, and the account's role by which API Gateway writes them."""

import json
import re

import pulumi_aws as aws
from pulumi import Input, InvokeOutputOptions, ResourceOptions

from websocket_sessions.arguments import check
from websocket_sessions.policies import trust_document
from websocket_sessions.tags import Tags

_FREE_TEXT = re.compile(
    r"(.+\.)?(error|message|messageString)|integrationErrorMessage|(authorizer|identity)\..+"
)
"""Variables of `$context` whose text comes from a function, a client or an error, and may have quotes."""


def json_line(**fields: str) -> str:
    """Return the format of a JSON line from variables of `$context`, by the names that the line gives them.

    API Gateway replaces variables without escaping, so a value with a quote makes the line invalid JSON.
    `error.messageString` is no remedy: its quotes are missing where there is no error (then it is `-`).
    Raises ArgumentError for a variable of free text
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html).
    """
    for name, variable in fields.items():
        check(
            name,
            f"$context.{variable}",
            "allowed is a variable without free text, because API Gateway escapes no quotes",
            when=_FREE_TEXT.fullmatch(variable) is None,
        )
    line = {name: f"$context.{variable}" for name, variable in fields.items()}
    return json.dumps(line, separators=(",", ":"))


def create_access_logs(
    name: str,
    *,
    log_format: str,
    retention_days: Input[int],
    kms_key_arn: Input[str] | None,
    create_account_role: bool,
    role_path: Input[str],
    permissions_boundary_arn: Input[str] | None,
    tags: Tags,
    opts: ResourceOptions,
) -> tuple[aws.apigatewayv2.StageAccessLogSettingsArgs, list[aws.apigateway.Account]]:
    """Create the log group and, if wanted, the account's role; return the settings and what they need."""
    group = aws.cloudwatch.LogGroup(
        f"{name}-access-logs",
        retention_in_days=retention_days,
        kms_key_id=kms_key_arn,
        tags=tags,
        opts=opts,
    )
    settings = aws.apigatewayv2.StageAccessLogSettingsArgs(destination_arn=group.arn, format=log_format)
    if not create_account_role:
        return settings, []
    role = aws.iam.Role(
        f"{name}-logging-role",
        assume_role_policy=trust_document("apigateway.amazonaws.com"),
        path=role_path,
        permissions_boundary=permissions_boundary_arn,
        tags=tags,
        opts=opts,
    )
    return settings, [_create_account(name, role, opts)]


def _create_account(name: str, role: aws.iam.Role, opts: ResourceOptions) -> aws.apigateway.Account:
    """Set the role with which API Gateway writes the logs of all APIs of the account and Region."""
    partition = aws.get_partition_output(opts=InvokeOutputOptions(parent=opts.parent)).partition
    attachment = aws.iam.RolePolicyAttachment(
        f"{name}-logging-policy",
        role=role.name,
        policy_arn=partition.apply(
            lambda known: f"arn:{known}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
        ),
        opts=opts,
    )
    return aws.apigateway.Account(
        f"{name}-account",
        cloudwatch_role_arn=role.arn,
        opts=ResourceOptions.merge(opts, ResourceOptions(depends_on=[attachment])),
    )
