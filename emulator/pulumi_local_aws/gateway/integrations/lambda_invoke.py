"""Invokes Lambda functions for authorizers and integrations; calls run concurrently."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from pulumi_local_aws.gateway.emulator_client import EmulatorClient
from pulumi_local_aws.gateway.integrations.resource_policy import ResourcePolicies
from pulumi_local_aws.gateway.json_access import compact

# arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations, or the function's ARN alone.
_WRAPPED = re.compile(r"/functions/(arn:[^/]+)/invocations$")
_PLAIN = re.compile(r"arn:[^:]+:lambda:[^/]+$")
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")


class InvokeError(Exception):
    """The function could not be invoked: unknown, throttled, unavailable, or its URI is invalid."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function's response; `failed` is true if the function raised, timed out or crashed."""

    payload: bytes
    failed: bool = False


class Invoker(Protocol):
    """The seam to Lambda; tests use a Python function."""

    async def invoke(self, uri: str, event: Mapping[str, object] | str, source_arn: str | None) -> Invocation:
        """Invoke the function of an integration or authorizer URI. Raises InvokeError.

        `source_arn` is the ARN of the calling route or authorizer; None if it has a role of its own.
        """
        ...


class LambdaInvoker:
    """Calls the emulator's Lambda Invoke API.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """

    def __init__(self, client: EmulatorClient) -> None:
        self._client = client
        self._policies = ResourcePolicies(client)

    async def invoke(self, uri: str, event: Mapping[str, object] | str, source_arn: str | None) -> Invocation:
        function = function_arn(uri)
        path = f"/2015-03-31/functions/{quote(function, safe='')}/invocations"
        body = event if isinstance(event, str) else compact(event)
        try:
            if source_arn is not None and not await self._policies.allows(function, source_arn):
                raise InvokeError(
                    f"the policy of {function} does not allow API Gateway to call it for {source_arn}"
                )
            response = await self._client.call(
                "lambda", "POST", path, body.encode(), {"Content-Type": "application/json"}
            )
        except (OSError, ValueError) as error:
            raise InvokeError(f"Lambda: {type(error).__name__}: {error}") from error
        if response.status != 200:
            raise InvokeError(f"Lambda: {response.error_text}")
        return Invocation(response.body, failed="x-amz-function-error" in response.headers)


def function_arn(uri: str) -> str:
    """Return the function's ARN in an integration or authorizer URI. Raises InvokeError if it has none."""
    wrapped = _WRAPPED.search(uri)
    if wrapped:
        return wrapped.group(1)
    if _PLAIN.match(uri):
        return uri
    raise InvokeError(f"invalid Lambda function URI: {uri!r}")


def with_stage_variables(uri: str, variables: Mapping[str, str]) -> str:
    """Return the URI with the stage variables `${stageVariables.name}` substituted.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html
    """
    return _STAGE_VARIABLE.sub(lambda match: variables.get(match.group(1), ""), uri)
