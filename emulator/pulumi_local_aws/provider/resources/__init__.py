"""List the resource types; each file holds one AWS service or a part of one."""

from pulumi_local_aws.provider.resource import Resource
from pulumi_local_aws.provider.resources import (
    apigatewayv2_api,
    apigatewayv2_integration,
    apigatewayv2_route,
    cloudfront_distribution,
    cloudfront_policies,
    cloudwatch,
    cognito_client,
    cognito_pool,
    dynamodb,
    eventsource,
    iam,
    lambda_function,
    lambda_permission,
    logs,
    s3_bucket,
    s3_object,
    s3_settings,
    scheduler,
    sns,
    sqs,
)

_MODULES = (
    apigatewayv2_api,
    apigatewayv2_integration,
    apigatewayv2_route,
    cloudfront_distribution,
    cloudfront_policies,
    cloudwatch,
    cognito_client,
    cognito_pool,
    dynamodb,
    eventsource,
    iam,
    lambda_function,
    lambda_permission,
    logs,
    s3_bucket,
    s3_object,
    s3_settings,
    scheduler,
    sns,
    sqs,
)

RESOURCES: tuple[type[Resource], ...] = tuple(kind for module in _MODULES for kind in module.RESOURCES)
