"""A function's resource policy: whether it allows API Gateway to invoke the function."""

import pytest

from pulumi_local_aws.gateway.integrations.resource_policy import ResourcePolicies, policy_allows
from pulumi_local_aws.gateway.json_access import compact
from tests.emulator.gateway.recording_emulator import RecordingEmulator

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
SOURCE = "arn:aws:execute-api:us-east-1:000000000000:api/live/$connect"


def statement(**changes: object) -> dict[str, object]:
    allowing: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION,
        "Condition": {"ArnLike": {"AWS:SourceArn": SOURCE.replace("$connect", "*")}},
    }
    return allowing | changes


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Condition": {}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}}},
        {"Action": ["lambda:*"], "Principal": {"Service": ["apigateway.amazonaws.com", "x"]}},
        {"Principal": "*"},
    ],
)
def test_a_policy_can_allow_api_gateway_to_invoke(changes: dict[str, object]) -> None:
    assert policy_allows({"Statement": [statement(Effect="Deny"), statement(**changes)]}, FUNCTION, SOURCE)


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Deny"},
        {"Principal": {"Service": "sns.amazonaws.com"}},
        {"Action": "lambda:GetFunction"},
        {"Resource": f"{FUNCTION}:live"},
        {"Condition": {"ArnLike": {"AWS:SourceArn": SOURCE.replace("api/live", "api/other")}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "111111111111"}}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_a_policy_without_a_matching_statement_denies(changes: dict[str, object]) -> None:
    assert not policy_allows({"Statement": [statement(**changes)]}, FUNCTION, SOURCE)


def test_a_statement_for_the_function_does_not_hold_for_its_alias() -> None:
    policy = {"Statement": [statement()]}
    assert not policy_allows(policy, f"{FUNCTION}:live", SOURCE)
    assert policy_allows({"Statement": [statement(Resource=f"{FUNCTION}:live")]}, f"{FUNCTION}:live", SOURCE)


async def test_an_allowed_decision_is_cached_and_a_denied_one_is_not() -> None:
    async with RecordingEmulator(status=404) as emulator:
        policies = ResourcePolicies(emulator.client, cache_seconds=10, now=lambda: emulator.now)
        assert not await policies.allows(FUNCTION, SOURCE)
        emulator.status = 200
        emulator.body = compact({"Policy": compact({"Statement": [statement()]})}).encode()
        for _ in range(3):
            assert await policies.allows(FUNCTION, SOURCE)
        assert len(emulator.requests) == 2
        assert emulator.requests[0].path.endswith("function%3Af/policy")
