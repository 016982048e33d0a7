"""Checks whether a function's resource policy allows API Gateway to invoke it; the emulators do not check it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
"""

import time
from collections.abc import Callable, Mapping
from urllib.parse import quote

from pulumi_local_aws.gateway.emulator_client import EmulatorClient
from pulumi_local_aws.gateway.integrations.iam_policy import matches
from pulumi_local_aws.gateway.json_access import as_list, as_object, is_list, parse, text

_PRINCIPAL = "apigateway.amazonaws.com"
_ACTION = "lambda:InvokeFunction"
_SOURCE_TESTS = {"arnlike", "arnequals", "stringlike", "stringequals"}


class ResourcePolicies:
    """Reads the policies through the Lambda API. Allowed decisions are cached, denied ones are not."""

    def __init__(
        self,
        client: EmulatorClient,
        *,
        cache_seconds: float = 10.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._cache_seconds = cache_seconds
        self._now = now
        self._allowed_until: dict[tuple[str, str], float] = {}

    async def allows(self, function_arn: str, source_arn: str) -> bool:
        """Return whether this route or authorizer may invoke the function. Raises OSError, ValueError."""
        key = (function_arn, source_arn)
        if self._allowed_until.get(key, 0.0) > self._now():
            return True
        path = f"/2015-03-31/functions/{quote(function_arn, safe='')}/policy"
        response = await self._client.call("lambda", "GET", path)
        if response.status == 404:
            return False
        if response.status != 200:
            raise OSError(f"could not read the resource policy of {function_arn}: {response.error_text}")
        policy = as_object(parse(text(as_object(parse(response.body)).get("Policy"), "{}")))
        is_allowed = policy_allows(policy, function_arn, source_arn)
        if is_allowed:
            self._allowed_until[key] = self._now() + self._cache_seconds
        return is_allowed


def policy_allows(policy: Mapping[str, object], function_arn: str, source_arn: str) -> bool:
    """Return whether a statement allows API Gateway to invoke the function for this source.

    A statement for an alias or a version does not hold for the function itself, nor the other way round.
    """
    return any(
        _statement_allows(as_object(statement), function_arn, source_arn)
        for statement in as_list(policy.get("Statement"))
    )


def _statement_allows(statement: Mapping[str, object], function_arn: str, source_arn: str) -> bool:
    principal = statement.get("Principal")
    services = as_object(principal).get("Service")
    return (
        statement.get("Effect") == "Allow"
        and (principal == "*" or _PRINCIPAL in _strings(services))
        and any(matches(action, _ACTION) for action in _strings(statement.get("Action")))
        and any(matches(resource, function_arn) for resource in _strings(statement.get("Resource")))
        and all(
            _condition_holds(operator, as_object(tests), source_arn)
            for operator, tests in as_object(statement.get("Condition")).items()
        )
    )


def _condition_holds(operator: str, tests: Mapping[str, object], source_arn: str) -> bool:
    """Evaluate the conditions that AddPermission creates: the source's ARN and account. Others are false."""
    account = source_arn.split(":")[4]
    for key, wanted in tests.items():
        patterns = _strings(wanted)
        name = key.lower()
        if operator.lower() not in _SOURCE_TESTS or name not in ("aws:sourcearn", "aws:sourceaccount"):
            return False
        value = source_arn if name == "aws:sourcearn" else account
        if not any(matches(pattern, value) for pattern in patterns):
            return False
    return True


def _strings(value: object) -> list[str]:
    found = as_list(value) if is_list(value) else [value]
    return [entry for entry in found if isinstance(entry, str)]
