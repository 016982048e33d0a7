"""The stack of Pulumi.localstack.yaml: every address is one on LocalStack or of the gateway, none in AWS."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.components.deployed import Deployed, deploy

REPOSITORY = Path(__file__).resolve().parents[2]
LOCALSTACK = "http://localhost.localstack.cloud:4566"
ENDPOINTS = {"cloudwatch": {"cloudwatch", "logs"}, "cognito": {"cognitoidp"}}
"""The endpoints of a module of pulumi-aws, where they are not named as it is."""


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return yaml.safe_load((REPOSITORY / "Pulumi.localstack.yaml").read_text(encoding="utf-8"))["config"]


@pytest.fixture(scope="module")
def deployed(config: dict[str, Any]) -> Deployed:
    given = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(REPOSITORY)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setenv("WEBSOCKET_SESSIONS_CACHE", str(REPOSITORY / ".local" / "archives"))
        return deploy(lambda _: runpy.run_path(str(REPOSITORY / "__main__.py"), run_name="__main__"), given)[
            1
        ]


def environment(deployed: Deployed, function: str) -> dict[str, str]:
    (found,) = [item for item in deployed.of("Function") if item.inputs["name"].endswith(f"-{function}")]
    return found.inputs["environment"]["variables"]


def test_every_service_that_the_program_uses_has_its_endpoint(
    config: dict[str, Any], deployed: Deployed
) -> None:
    modules = {kind.split(":")[1].split("/")[0] for kind, _ in deployed.inputs if kind.startswith("aws:")}
    (endpoints,) = config["aws:endpoints"]
    assert {"sts"}.union(*(ENDPOINTS.get(module, {module}) for module in modules)) <= set(endpoints)
    assert set(endpoints.values()) == {LOCALSTACK}


def test_the_account_is_asked_for(config: dict[str, Any]) -> None:
    """Without it the ARNs that functions are called for would name none."""
    assert "aws:skipRequestingAccountId" not in config


def test_tokens_are_held_against_localstack_as_their_issuer(deployed: Deployed) -> None:
    pool = "sessions-users-pool-id"
    (jwt,) = [item for item in deployed.of("Authorizer") if item.inputs["authorizerType"] == "JWT"]
    assert jwt.inputs["jwtConfiguration"]["issuer"] == f"{LOCALSTACK}/{pool}"
    variables = environment(deployed, "authorize")
    assert variables["TOKEN_ISSUER"] == f"{LOCALSTACK}/{pool}"
    assert variables["JWKS_URL"] == f"{LOCALSTACK}/{pool}/.well-known/jwks.json"


def test_functions_push_by_the_gateway(deployed: Deployed) -> None:
    address = "http://host.docker.internal:4610/_aws/execute-api/sessions-ws-api-id/live"
    assert environment(deployed, "publish")["CALLBACK_URL"] == address
