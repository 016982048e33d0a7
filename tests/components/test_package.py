"""The components as a package: what programs in other languages can give and get."""

from typing import Any

import pytest

from websocket_sessions.package import COMPONENTS, package_schema


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return package_schema()["resources"]


def test_every_component_is_offered_under_its_own_type(resources: dict[str, Any]) -> None:
    assert sorted(resources) == sorted(f"websocket_sessions:index:{item.__name__}" for item in COMPONENTS)
    assert all(item["isComponent"] for item in resources.values())


def test_only_arguments_without_a_default_are_required(resources: dict[str, Any]) -> None:
    required = {name.rpartition(":")[2]: item.get("requiredInputs", []) for name, item in resources.items()}
    assert required == {
        "CognitoUsers": [],
        "EventChannel": ["authorizer"],
        "FanOutQueue": [],
        "HttpApi": [],
        "LambdaHandler": ["handler"],
        "Observability": [],
        "Schedule": ["function"],
        "SessionBackend": [],
        "SessionTables": [],
        "StaticSite": ["directory"],
        "WebSocketApi": [],
        "WebSocketRoute": ["apiId", "executionArn", "routeKey", "stageName", "target"],
    }


def test_every_argument_is_described(resources: dict[str, Any]) -> None:
    undescribed = [
        f"{name}.{argument}"
        for name, item in resources.items()
        for argument, known in item.get("inputProperties", {}).items()
        if not known.get("description")
    ]
    assert undescribed == []
