"""Where a stack is, by its outputs and the environment."""

import pytest

from pulumi_local_aws.errors import CommandError
from tools.commands.live_test import whereabouts

IN_ACCOUNT = {"frontendConfig": {"webSocketUrl": "wss://a.execute-api.eu-central-1.amazonaws.com/live"}}
ON_EMULATOR = {
    "frontendConfig": {"webSocketUrl": "ws://127.0.0.1:4510/x", "cognitoEndpoint": "http://localhost:4566"}
}


def test_a_stack_in_an_account_costs_something() -> None:
    assert "USD" in whereabouts(IN_ACCOUNT, {})


def test_a_stack_in_an_account_is_not_looked_for_on_an_emulator() -> None:
    with pytest.raises(CommandError, match="AWS_ENDPOINT_URL leads to http://x: unset it"):
        whereabouts(IN_ACCOUNT, {"AWS_ENDPOINT_URL": "http://x"})


@pytest.mark.parametrize(
    ("environment", "endpoint"),
    [({}, "http://localhost:4566"), ({"AWS_ENDPOINT_URL": "http://x"}, "http://x")],
)
def test_a_stack_on_an_emulator_costs_nothing(environment: dict[str, str], endpoint: str) -> None:
    line = whereabouts(ON_EMULATOR, environment)
    assert line.endswith(f"its AWS at {endpoint}")
    assert "USD" not in line
