"""Pulumi components for WebSocket APIs and session backends on AWS.

The names below are the public API. They are imported when they are first used: a tool that only builds
archives (`websocket_sessions.archives`) does not load the AWS provider's classes.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from websocket_sessions.version import __version__

if TYPE_CHECKING:
    from websocket_sessions.arguments import ArgumentError
    from websocket_sessions.backend_route import BackendRoute
    from websocket_sessions.cognito_users import CognitoUsers, CognitoUsersArgs
    from websocket_sessions.config.backend_options import BackendOptions
    from websocket_sessions.config.settings import RateLimits, SessionSettings
    from websocket_sessions.custom_domain import CustomDomain
    from websocket_sessions.event_channel import EventChannel, EventChannelArgs
    from websocket_sessions.fan_out_queue import FanOutQueue, FanOutQueueArgs
    from websocket_sessions.http_api import HttpApi, HttpApiArgs
    from websocket_sessions.lambda_handler import LambdaHandler, LambdaHandlerArgs, VpcPlacement
    from websocket_sessions.mock_reply import MockReply
    from websocket_sessions.observability import LogAlarm, Observability, ObservabilityArgs, WatchedFunction
    from websocket_sessions.policies import PolicyStatement
    from websocket_sessions.route_targets import HttpRoute, Route, Throttle
    from websocket_sessions.schedule import Schedule, ScheduleArgs
    from websocket_sessions.session_backend import SessionBackend, SessionBackendArgs
    from websocket_sessions.session_tables import SessionTables, SessionTablesArgs
    from websocket_sessions.static_site import StaticSite, StaticSiteArgs
    from websocket_sessions.token_issuer import ExistingUserPool, OidcIssuer
    from websocket_sessions.web_socket_api import ConnectionGrant, WebSocketApi, WebSocketApiArgs
    from websocket_sessions.web_socket_route import WebSocketRoute, WebSocketRouteArgs

__all__ = [
    "ArgumentError",
    "BackendOptions",
    "BackendRoute",
    "CognitoUsers",
    "CognitoUsersArgs",
    "ConnectionGrant",
    "CustomDomain",
    "EventChannel",
    "EventChannelArgs",
    "ExistingUserPool",
    "FanOutQueue",
    "FanOutQueueArgs",
    "HttpApi",
    "HttpApiArgs",
    "HttpRoute",
    "LambdaHandler",
    "LambdaHandlerArgs",
    "LogAlarm",
    "MockReply",
    "Observability",
    "ObservabilityArgs",
    "OidcIssuer",
    "PolicyStatement",
    "RateLimits",
    "Route",
    "Schedule",
    "ScheduleArgs",
    "SessionBackend",
    "SessionBackendArgs",
    "SessionSettings",
    "SessionTables",
    "SessionTablesArgs",
    "StaticSite",
    "StaticSiteArgs",
    "Throttle",
    "VpcPlacement",
    "WatchedFunction",
    "WebSocketApi",
    "WebSocketApiArgs",
    "WebSocketRoute",
    "WebSocketRouteArgs",
    "__version__",
]

_MODULES = {
    "arguments": ("ArgumentError",),
    "backend_route": ("BackendRoute",),
    "cognito_users": ("CognitoUsers", "CognitoUsersArgs"),
    "config.backend_options": ("BackendOptions",),
    "config.settings": ("RateLimits", "SessionSettings"),
    "custom_domain": ("CustomDomain",),
    "event_channel": ("EventChannel", "EventChannelArgs"),
    "fan_out_queue": ("FanOutQueue", "FanOutQueueArgs"),
    "http_api": ("HttpApi", "HttpApiArgs"),
    "lambda_handler": ("LambdaHandler", "LambdaHandlerArgs", "VpcPlacement"),
    "mock_reply": ("MockReply",),
    "observability": ("LogAlarm", "Observability", "ObservabilityArgs", "WatchedFunction"),
    "policies": ("PolicyStatement",),
    "route_targets": ("HttpRoute", "Route", "Throttle"),
    "schedule": ("Schedule", "ScheduleArgs"),
    "session_backend": ("SessionBackend", "SessionBackendArgs"),
    "session_tables": ("SessionTables", "SessionTablesArgs"),
    "static_site": ("StaticSite", "StaticSiteArgs"),
    "token_issuer": ("ExistingUserPool", "OidcIssuer"),
    "web_socket_api": ("ConnectionGrant", "WebSocketApi", "WebSocketApiArgs"),
    "web_socket_route": ("WebSocketRoute", "WebSocketRouteArgs"),
}
"""The public names by the module that defines them, as the imports for type checkers above."""

_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
