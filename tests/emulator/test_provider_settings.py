"""Test the provider's own config: which `aws:*` values it supports, and what they configure."""

import json

import pytest

from pulumi_local_aws.provider.resources.apigatewayv2_api import api_endpoint
from pulumi_local_aws.provider.settings import config_failures, connect

LOCALSTACK = "http://localhost:4566"
CONFIG = {
    "region": "us-east-1",
    "accessKey": "test",
    "secretKey": "test",
    "skipCredentialsValidation": "true",
    "endpoints": json.dumps([{"apigatewayv2": LOCALSTACK, "cognitoidp": LOCALSTACK}]),
}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "EMULATOR_WEBSOCKET_URL"):
        monkeypatch.delenv(name, raising=False)


def test_the_config_of_a_stack_on_localstack_is_supported() -> None:
    assert config_failures(CONFIG) == []
    cloud = connect(CONFIG)
    assert cloud.endpoints == {"apigatewayv2": LOCALSTACK, "cognito-idp": LOCALSTACK}
    assert cloud.environment["AWS_ACCESS_KEY_ID"] == "test"


def test_an_endpoint_of_api_gateway_makes_urls_local() -> None:
    assert api_endpoint(connect(CONFIG), "abc", "HTTP") == f"{LOCALSTACK}/_aws/execute-api/abc"
    in_account = connect({"region": "us-east-1"})
    assert api_endpoint(in_account, "abc", "HTTP") == "https://abc.execute-api.us-east-1.amazonaws.com"


def test_the_endpoint_in_the_environment_takes_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9999")
    assert api_endpoint(connect(CONFIG), "abc", "HTTP") == "http://localhost:9999/_aws/execute-api/abc"


def test_an_unsupported_config_value_is_named() -> None:
    assert [name for name, _ in config_failures(CONFIG | {"assumeRoles": "[]"})] == ["assumeRoles"]
