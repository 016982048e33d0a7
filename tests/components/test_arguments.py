"""What all arguments have in common: they are checked when made, and may come from another language."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from pulumi import AssetArchive

from websocket_sessions.arguments import ArgumentError, coerce_args
from websocket_sessions.cognito_users import CognitoUsersArgs
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.fan_out_queue import FanOutQueueArgs
from websocket_sessions.http_api import HttpApiArgs
from websocket_sessions.lambda_handler import LambdaHandlerArgs
from websocket_sessions.policies import PolicyStatement
from websocket_sessions.session_backend import SessionBackendArgs
from websocket_sessions.static_site import StaticSiteArgs
from websocket_sessions.web_socket_api import WebSocketApiArgs
from websocket_sessions.web_socket_route import WebSocketRouteArgs

CODE: dict[str, Any] = {
    "archive": AssetArchive({}),
    "handler": "handlers.publish.handler",
    "function_name": "publish",
}
TOKENS: dict[str, Any] = {"issuer": "https://issuer", "audience": ["client"]}
ROUTE: dict[str, Any] = {
    "api_id": "a",
    "execution_arn": "arn",
    "stage_name": "live",
    "target": "arn:aws:lambda:eu-central-1:123456789012:function:chat",
}


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (LambdaHandlerArgs, {**CODE, "function_name": "a" * 65}, "function_name is 'a+'"),
        (
            LambdaHandlerArgs,
            {**CODE, "architecture": "arm"},
            "architecture is 'arm': allowed is arm64, x86_64",
        ),
        (LambdaHandlerArgs, {**CODE, "memory_size": 64}, "memory_size is 64: allowed is 128 to 10240"),
        (LambdaHandlerArgs, {**CODE, "timeout": 901}, "timeout is 901: allowed is 1 to 900"),
        (LambdaHandlerArgs, {**CODE, "log_retention_days": 4}, "log_retention_days is 4: allowed is 1, 3, 5"),
        (LambdaHandlerArgs, {**CODE, "reserved_concurrency": -1}, "reserved_concurrency is -1: allowed is 0"),
        (WebSocketApiArgs, {"stage_name": "a b"}, "stage_name is 'a b'"),
        (WebSocketApiArgs, {"throttle_rate": 20000}, "throttle_rate is 20000: .*the account's quota"),
        (WebSocketRouteArgs, {**ROUTE, "route_key": ""}, "route_key is ''"),
        (
            WebSocketRouteArgs,
            {**ROUTE, "route_key": "publish", "authorizer_id": "x"},
            r"authorizer_id is 'x': allowed on \$connect only, and the route is publish",
        ),
        (HttpApiArgs, {**TOKENS, "throttle_burst": 0}, "throttle_burst is 0: allowed is 1 to 5000"),
        (CognitoUsersArgs, {"password_length": 6}, "password_length is 6: allowed is 8 to 99"),
        (CognitoUsersArgs, {"access_token_minutes": 1}, "access_token_minutes is 1: allowed is 5 to 1440"),
        (FanOutQueueArgs, {"max_concurrency": 1}, "max_concurrency is 1: allowed is 2 to 1000"),
        (FanOutQueueArgs, {"max_receives": 4}, "max_receives is 4: allowed is 5 to 1000"),
        (
            PolicyStatement,
            {"actions": ["s3:*"], "resources": []},
            r"actions is 's3:\*': .*without a wildcard",
        ),
        (
            StaticSiteArgs,
            {"directory": "/nowhere", "config": {}, "endpoints": []},
            "directory is '/nowhere': .*build the pages first",
        ),
        (BackendOptions, {"log_level": "LOUD"}, "logLevel is 'LOUD': allowed is DEBUG, INFO, WARNING, ERROR"),
        (BackendOptions, {"allowed_origins": ["https://a.b/c"]}, "allowedOrigins is 'https://a.b/c'"),
        (BackendOptions, {"cognito_endpoint": "localhost"}, "cognitoEndpoint is 'localhost'"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_name(
    kind: type[Any], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        kind(**arguments)


def test_arguments_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        WebSocketApiArgs().stage_name = "other"  # pyright: ignore[reportAttributeAccessIssue]


def test_another_language_sends_a_mapping_in_which_whole_numbers_are_floats() -> None:
    sent = {"archives": {}, "settings": {"idle_ping": 300.0, "limits": {"enabled": False}}}
    settings = coerce_args(SessionBackendArgs, sent).settings
    assert settings is not None
    assert (settings.idle_ping, type(settings.idle_ping)) == (300, int)
    assert settings.limits.enabled is False
    assert settings.limits.requests_per_minute == 120
