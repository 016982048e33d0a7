"""Whether a function's resource policy lets API Gateway call it, which the emulators do not check.

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


class FunctionPolicies:
    """Reads the policies through the Lambda API; a yes is kept for `keep` seconds, a no is asked again."""

    def __init__(
        self, client: EmulatorClient, *, keep: float = 10.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._keep = keep
        self._now = now
        self._allowed: dict[tuple[str, str], float] = {}

    async def allow(self, function_arn: str, source_arn: str) -> bool:
        """Whether the route or authorizer of this ARN may call the function; raises OSError, ValueError."""
        key = (function_arn, source_arn)
        if self._allowed.get(key, 0.0) > self._now():
            return True
        path = f"/2015-03-31/functions/{quote(function_arn, safe='')}/policy"
        answer = await self._client.call("lambda", "GET", path)
        if answer.status == 404:
            return False
        if answer.status != 200:
            raise OSError(f"the policy of {function_arn}: {answer.problem}")
        policy = as_object(parse(text(as_object(parse(answer.body)).get("Policy"), "{}")))
        allowed = allows(policy, source_arn)
        if allowed:
            self._allowed[key] = self._now() + self._keep
        return allowed


def allows(policy: Mapping[str, object], source_arn: str) -> bool:
    """Whether a statement allows API Gateway this source."""
    return any(_allows(as_object(statement), source_arn) for statement in as_list(policy.get("Statement")))


def _allows(statement: Mapping[str, object], source_arn: str) -> bool:
    principal = statement.get("Principal")
    services = as_object(principal).get("Service")
    return (
        statement.get("Effect") == "Allow"
        and (principal == "*" or _PRINCIPAL in _texts(services))
        and any(matches(action, _ACTION) for action in _texts(statement.get("Action")))
        and all(
            _holds(operator, as_object(tests), source_arn)
            for operator, tests in as_object(statement.get("Condition")).items()
        )
    )


def _holds(operator: str, tests: Mapping[str, object], source_arn: str) -> bool:
    """The conditions that AddPermission makes: the source's ARN and account; any other fails."""
    account = source_arn.split(":")[4]
    for key, wanted in tests.items():
        patterns = _texts(wanted)
        name = key.lower()
        if operator.lower() not in _SOURCE_TESTS or name not in ("aws:sourcearn", "aws:sourceaccount"):
            return False
        value = source_arn if name == "aws:sourcearn" else account
        if not any(matches(pattern, value) for pattern in patterns):
            return False
    return True


def _texts(value: object) -> list[str]:
    found = as_list(value) if is_list(value) else [value]
    return [entry for entry in found if isinstance(entry, str)]
