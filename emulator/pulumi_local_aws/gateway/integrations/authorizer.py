"""Runs a Lambda REQUEST authorizer on `$connect`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html
Results are not cached: `authorizerResultTtlInSeconds` applies to HTTP APIs only.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

from pulumi_local_aws.gateway.api.model import CONNECT, Api, Route
from pulumi_local_aws.gateway.integrations.errors import ConnectRefusedError
from pulumi_local_aws.gateway.integrations.events import (
    ConnectionContext,
    UpgradeRequest,
    authorizer_event,
    request_context,
)
from pulumi_local_aws.gateway.integrations.iam_policy import PolicyError, evaluate_policy
from pulumi_local_aws.gateway.integrations.lambda_invoke import (
    Invocation,
    InvokeError,
    Invoker,
    with_stage_variables,
)
from pulumi_local_aws.gateway.json_access import as_object, compact, parse, text
from pulumi_local_aws.gateway.limits import Limits

_LOGGER = logging.getLogger(__name__)
# AWS does not document the wording; MiniStack's authors report it from AWS.
_DENIED = "User is not authorized to access this resource"
_DENIAL_REASONS = {
    "Deny": "with an explicit deny in an identity-based policy",
    "NoMatch": "because no identity-based policy allows the execute-api:Invoke action",
}


async def authorize(
    api: Api,
    route: Route,
    context: ConnectionContext,
    upgrade: UpgradeRequest,
    *,
    invoker: Invoker,
    limits: Limits,
    now_ms: int,
) -> Mapping[str, object] | None:
    """Return the authorizer context for the connection's events, or None without authorization.

    Raises ConnectRefusedError. A missing identity source is 401 without an invocation. The function error
    `Unauthorized` is 401. A policy that does not allow `$connect` is 403. Any invalid result is 500.
    """
    if route.authorization == "NONE":
        return None
    authorizer = route.authorizer
    if route.authorization != "CUSTOM" or authorizer is None:
        raise _failure(f"authorization type {route.authorization!r} is unsupported")
    if not all(_has_identity(source, context, upgrade, now_ms) for source in authorizer.identity_sources):
        raise ConnectRefusedError(401, "Unauthorized")
    method_arn = api.route_arn(context.stage, CONNECT)
    started = time.monotonic()
    event = authorizer_event(context, upgrade, method_arn, now_ms)
    try:
        async with asyncio.timeout(limits.integration_seconds):
            uri = with_stage_variables(authorizer.uri, context.stage_variables)
            source_arn = None if authorizer.has_credentials else api.authorizer_arn(authorizer)
            invocation = await invoker.invoke(uri, event, source_arn)
    except (InvokeError, TimeoutError) as error:
        raise _failure(str(error) or "timed out") from error
    result = _read_result(invocation, limits)
    decision, authorizer_context = _evaluate(result, method_arn)
    if decision != "Allow":
        raise ConnectRefusedError(403, f"{_DENIED} {_DENIAL_REASONS[decision]}")
    authorizer_context["integrationLatency"] = int((time.monotonic() - started) * 1000)
    return authorizer_context


def _has_identity(source: str, context: ConnectionContext, upgrade: UpgradeRequest, now_ms: int) -> bool:
    """Return whether the request has the identity source and it is not empty.

    `$request.…` is the form of HTTP APIs and is ignored: MiniStack sets it if no source is configured.
    """
    if source.startswith("$request."):
        return True
    if source.startswith("route.request.header."):
        return bool(upgrade.header(source.removeprefix("route.request.header.")))
    if source.startswith("route.request.querystring."):
        values = upgrade.parameters().get(source.removeprefix("route.request.querystring."), [])
        return any(values)
    if source.startswith("stageVariables."):
        return bool(context.stage_variables.get(source.removeprefix("stageVariables.")))
    if source.startswith("context."):
        fields = request_context(context, CONNECT, "CONNECT", now_ms)
        return bool(fields.get(source.removeprefix("context.")))
    raise _failure(f"identity source {source!r} is unsupported")


def _read_result(invocation: Invocation, limits: Limits) -> Mapping[str, object]:
    try:
        result = as_object(parse(invocation.payload))
    except ValueError as error:
        raise _failure("the result is invalid JSON") from error
    if invocation.failed:
        if result.get("errorMessage") == "Unauthorized":
            raise ConnectRefusedError(401, "Unauthorized")
        raise _failure(f"the function raised {text(result.get('errorType'), 'an unknown error')}")
    if len(invocation.payload) > limits.authorizer_result_bytes:
        raise _failure(
            f"the result has {len(invocation.payload)} bytes; at most {limits.authorizer_result_bytes}"
        )
    return result


def _evaluate(result: Mapping[str, object], method_arn: str) -> tuple[str, dict[str, object]]:
    """Return the policy's decision and the authorizer context; its values become strings."""
    principal, document = result.get("principalId"), result.get("policyDocument")
    policy = as_object(document)
    if not isinstance(principal, str) or not policy:
        raise _failure("principalId (a string) and policyDocument (an object) are required")
    try:
        decision = evaluate_policy(policy, method_arn)
    except PolicyError as error:
        raise _failure(str(error)) from error
    context: dict[str, object] = {"principalId": principal}
    for key, value in as_object(result.get("context")).items():
        if not isinstance(value, str | int | float | bool):
            raise _failure(f"context value {key!r} must be a string, a number or a boolean")
        context[key] = value if isinstance(value, str) else compact(value)
    return decision, context


def _failure(reason: str) -> ConnectRefusedError:
    """Log the reason, which the client does not get."""
    _LOGGER.warning("authorizer failed: %s", reason)
    return ConnectRefusedError(500, "Internal server error")
