"""boto3 clients of the developer commands, one typed function a service."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import boto3

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient


def cognito(environment: Mapping[str, str]) -> "CognitoIdentityProviderClient":
    """Return a client of the user pools."""
    return client("cognito-idp", environment)


def functions(environment: Mapping[str, str]) -> "LambdaClient":
    """Return a client of Lambda."""
    return client("lambda", environment)


def dynamodb(environment: Mapping[str, str]) -> "DynamoDBClient":
    """Return a client of the tables."""
    return client("dynamodb", environment)


def logs(environment: Mapping[str, str]) -> "CloudWatchLogsClient":
    """Return a client of CloudWatch Logs."""
    return client("logs", environment)


def client(service: str, environment: Mapping[str, str]) -> Any:
    """Return a client of any service, without types."""
    # `environment` has AWS_* as DevStack.aws_environment() gives them; for a stack in an account the Region
    # and a profile alone, and boto3 finds the caller's credentials.
    profile = environment.get("AWS_PROFILE")
    session = cast("Any", boto3).Session(profile_name=profile) if profile else cast("Any", boto3)
    return session.client(
        service,
        endpoint_url=environment.get("AWS_ENDPOINT_URL"),
        region_name=environment.get("AWS_REGION"),
        aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
    )
