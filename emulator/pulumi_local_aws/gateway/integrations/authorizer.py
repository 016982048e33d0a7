"""Runs a Lambda REQUEST authorizer on `$connect`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html
Results are not kept: `authorizerResultTtlInSeconds` is for HTTP APIs only.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

from pulumi_local_aws.gateway.api.model import CONNECT, Api, Authorizer
from pulumi_local_aws.gateway.integrations.events import Caller, Handshake, authorizer_event, request_context
from pulumi_local_aws.gateway.integrations.iam_policy import PolicyError, evaluate_policy
from pulumi_local_aws.gateway.integrations.lambda_invoke import (
    Invocation,
    InvokeError,
    Invoker,
    with_stage_variables,
)
from pulumi_local_aws.gateway.json_access import as_object, compact, parse, text
from pulumi_local_aws.gateway.limits import Limits

_LOG = logging.getLogger("pulumi_local_aws.gateway")
# The wording is not documented; it is what MiniStack's authors report from AWS.
_DENIED = "User is not authorized to access this resource"
_REASONS = {
    "Deny": "with an explicit deny in an identity-based policy",
    "NoMatch": "because no identity-based policy allows the execute-api:Invoke action",
}


class Refused(Exception):  # noqa: N818 - an answer to the client, not a defect
    """The upgrade is refused with this HTTP status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def authorize(
    authorizer: Authorizer,
    api: Api,
    caller: Caller,
    handshake: Handshake,
    *,
    invoker: Invoker,
    limits: Limits,
    now_ms: int,
) -> dict[str, object]:
    """The authorizer context for the connection's events; raises Refused (401, 403, 500).

    A missing identity source is 401 and the function is not called; its error `Unauthorized` is 401; a policy
    that does not allow `$connect` is 403; everything else that is not a valid result is 500.
    """
    if not all(_identity(source, caller, handshake, now_ms) for source in authorizer.identity_sources):
        raise Refused(401, "Unauthorized")
    method_arn = api.route_arn(caller.stage, CONNECT)
    event = authorizer_event(caller, handshake, method_arn, now_ms)
    started = time.monotonic()
    try:
        async with asyncio.timeout(limits.integration_seconds):
            uri = with_stage_variables(authorizer.uri, caller.stage_variables)
            source = None if authorizer.credentials else api.authorizer_arn(authorizer)
            invocation = await invoker.invoke(uri, event, source)
    except (InvokeError, TimeoutError) as error:
        raise _broken(str(error) or "timed out") from error
    result = _result(invocation, limits)
    decision, context = _judged(result, method_arn)
    if decision != "Allow":
        raise Refused(403, f"{_DENIED} {_REASONS[decision]}")
    context["integrationLatency"] = int((time.monotonic() - started) * 1000)
    return context


def _identity(source: str, caller: Caller, handshake: Handshake, now_ms: int) -> bool:
    """Whether an identity source is there and not empty.

    `$request.…` is the HTTP APIs' form, which says nothing here (MiniStack fills it in where none is given).
    """
    if source.startswith("$request."):
        return True
    if source.startswith("route.request.header."):
        return bool(handshake.header(source.removeprefix("route.request.header.")))
    if source.startswith("route.request.querystring."):
        values = handshake.parameters().get(source.removeprefix("route.request.querystring."), [])
        return any(values)
    if source.startswith("stageVariables."):
        return bool(caller.stage_variables.get(source.removeprefix("stageVariables.")))
    if source.startswith("context."):
        return bool(request_context(caller, CONNECT, "CONNECT", now_ms).get(source.removeprefix("context.")))
    raise _broken(f"identity source {source!r} is not carried out")


def _result(invocation: Invocation, limits: Limits) -> Mapping[str, object]:
    try:
        result = as_object(parse(invocation.payload))
    except ValueError as error:
        raise _broken("the result is no JSON") from error
    if invocation.failed:
        if result.get("errorMessage") == "Unauthorized":
            raise Refused(401, "Unauthorized")
        raise _broken(f"the function failed: {text(result.get('errorType'), 'unknown error')}")
    if len(invocation.payload) > limits.authorizer_result_bytes:
        raise _broken(
            f"the result has {len(invocation.payload)} bytes; at most {limits.authorizer_result_bytes}"
        )
    return result


def _judged(result: Mapping[str, object], method_arn: str) -> tuple[str, dict[str, object]]:
    principal, document = result.get("principalId"), result.get("policyDocument")
    policy = as_object(document)
    if not isinstance(principal, str) or not policy:
        raise _broken("principalId (a string) and policyDocument (an object) are required")
    try:
        decision = evaluate_policy(policy, method_arn)
    except PolicyError as error:
        raise _broken(str(error)) from error
    context: dict[str, object] = {"principalId": principal}
    for key, value in as_object(result.get("context")).items():
        if not isinstance(value, str | int | float | bool):
            raise _broken(f"context value {key!r} must be a string, a number or a boolean")
        context[key] = value if isinstance(value, str) else compact(value)
    return decision, context


def _broken(reason: str) -> Refused:
    _LOG.warning("authorizer failed: %s", reason)
    return Refused(500, "Internal server error")
