"""Calls Lambda functions for authorizers and integrations: each call on its own, none waits for another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from pulumi_local_aws.gateway.emulator_client import EmulatorClient
from pulumi_local_aws.gateway.integrations.resource_policy import FunctionPolicies
from pulumi_local_aws.gateway.json_access import compact

# arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations, or the function's ARN alone.
_WRAPPED = re.compile(r"/functions/(arn:[^/]+)/invocations$")
_PLAIN = re.compile(r"arn:[^:]+:lambda:[^/]+$")
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")


class InvokeError(Exception):
    """The function could not be called: no such function, throttled, no answer, or no Lambda URI."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a function gave back; `failed` is true where it raised, timed out or died."""

    payload: bytes
    failed: bool = False


class Invoker(Protocol):
    """The seam towards Lambda; tests give a Python function."""

    async def invoke(self, uri: str, event: Mapping[str, object] | str, source_arn: str | None) -> Invocation:
        """Call the function of an integration or authorizer URI. Raises InvokeError.

        `source_arn` is the route or authorizer that calls; None where it calls with a role of its own.
        """
        ...


class LambdaInvoker:
    """The Lambda Invoke API of the emulator.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """

    def __init__(self, client: EmulatorClient) -> None:
        self._client = client
        self._policies = FunctionPolicies(client)

    async def invoke(self, uri: str, event: Mapping[str, object] | str, source_arn: str | None) -> Invocation:
        function = function_arn(uri)
        path = f"/2015-03-31/functions/{quote(function, safe='')}/invocations"
        body = event if isinstance(event, str) else compact(event)
        try:
            if source_arn is not None and not await self._policies.allow(function, source_arn):
                raise InvokeError(
                    f"the policy of {function} does not let API Gateway call it for {source_arn}"
                )
            answer = await self._client.call(
                "lambda", "POST", path, body.encode(), {"Content-Type": "application/json"}
            )
        except (OSError, ValueError) as error:
            raise InvokeError(f"Lambda: {type(error).__name__}: {error}") from error
        if answer.status != 200:
            raise InvokeError(f"Lambda: {answer.problem}")
        return Invocation(answer.body, failed="x-amz-function-error" in answer.headers)


def function_arn(uri: str) -> str:
    """The function's ARN in an integration or authorizer URI; raises InvokeError for anything else."""
    wrapped = _WRAPPED.search(uri)
    if wrapped:
        return wrapped.group(1)
    if _PLAIN.match(uri):
        return uri
    raise InvokeError(f"no Lambda function URI: {uri!r}")


def with_stage_variables(uri: str, variables: Mapping[str, str]) -> str:
    """The URI with `${stageVariables.name}` filled in.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html
    """
    return _STAGE_VARIABLE.sub(lambda match: variables.get(match.group(1), ""), uri)
