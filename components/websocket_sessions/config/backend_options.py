"""What an operator can set of a backend's resources, as against the behaviour of its sessions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import cast

from pulumi import Input

from websocket_sessions.archives.target import DEFAULT_ARCHITECTURE, DEFAULT_RUNTIME
from websocket_sessions.argument_types import is_known
from websocket_sessions.arguments import arguments, check, check_choice, check_range, check_rule
from websocket_sessions.lambda_handler import LOG_RETENTION_DAYS, check_snap_start
from websocket_sessions.permissions import FUNCTION_SPECS
from websocket_sessions.plain_arguments import (
    CHECKED_AGAINST_QUOTA,
    PROTECTS,
    READ_BY_ESTIMATE,
    SELECTS_BUILD,
    SELECTS_THROTTLED_ROUTES,
    plain_because,
)
from websocket_sessions.route_targets import Throttle
from websocket_sessions.routes import http_routes, web_socket_routes

_ANY_ORIGIN = ["*"]
_UNRESERVED = 100
"""Concurrent executions that Lambda keeps unreserved (Lambda Developer Guide, "Configuring reserved
concurrency for a function")."""
_SHARED_FROM = 200
"""The quota from which the shares leave more than that to all other functions."""
_SHARES = {"publish": 0.25, "disconnect": 0.1, "keep_alive": 0.05}
"""Parts of the quota. A reservation is a maximum, too: publishing is the largest, and joins have the rest."""
API_GATEWAY, APPSYNC_EVENTS = "apiGateway", "appSyncEvents"
_CHANNELS = (API_GATEWAY, APPSYNC_EVENTS)
_ROUTE_KEYS = (*web_socket_routes(record_heartbeats=False), *http_routes(allow_anonymous=True))


@arguments
class BackendOptions:
    """Protection, quotas, logs and code; the defaults are those of production."""

    lambda_runtime: str = field(default=DEFAULT_RUNTIME, metadata=plain_because(SELECTS_BUILD))
    """The functions' runtime, for which the archives are built."""
    lambda_architecture: str = field(default=DEFAULT_ARCHITECTURE, metadata=plain_because(SELECTS_BUILD))
    """`arm64` or `x86_64`, for which the archives are built."""
    lambda_bytecode: bool = field(default=True, metadata=plain_because(SELECTS_BUILD))
    """Whether the archives contain bytecode. Cold starts are then faster, and each deploying machine needs a
    Python of the runtime's version."""
    snap_start: bool = False
    """Whether new instances of the functions start from snapshots (Lambda SnapStart). Each deployment that
    changes functions publishes versions, whose snapshots are billed until the versions are deleted."""
    log_level: Input[str] = "INFO"
    """Minimum level of log lines: DEBUG, INFO, WARNING or ERROR."""
    log_retention_days: Input[int] = 30
    """Days for which log lines are retained; CloudWatch allows certain values only."""
    access_logs: bool = False
    """Whether both APIs log each request. The account must allow it for the WebSocket API first (see
    WebSocketApi)."""
    create_account_role: bool = False
    """Whether to set the account's role for that here, once for all APIs of the account and Region."""
    detailed_metrics: bool = field(default=False, metadata=plain_because(READ_BY_ESTIMATE))
    """Whether both APIs record metrics for each route. They are billed as custom metrics."""
    tracing: Input[bool] = False
    """Whether the functions record X-Ray traces."""
    alarms: bool = True
    """Whether the stack has alarms."""
    alarm_topic: bool = False
    """Whether the stack has a topic that receives the alarms."""
    deletion_protection: bool = field(default=True, metadata=plain_because(PROTECTS))
    """Whether AWS and Pulumi refuse to delete the tables, the user pool and the APIs."""
    point_in_time_recovery: Input[bool] = True
    """Whether sessions and connections can be restored to any second of the last 35 days."""
    self_sign_up: Input[bool] = False
    """Whether users can sign up themselves."""
    password_sign_in: Input[bool] = False
    """Whether a client may send the password itself to Cognito; for demonstrations and tests only."""
    allowed_origins: Input[Sequence[Input[str]]] = field(default_factory=list[Input[str]])
    """Origins of pages that may call the HTTP API. `*` alone allows any page; the API uses no cookies."""
    stage_name: Input[str] = "live"
    """The stage of both APIs, part of their URLs."""
    throttle_rate: float = field(default=5000.0, metadata=plain_because(READ_BY_ESTIMATE))
    """Messages per second that the WebSocket API accepts. The account's quota is 10,000, pushes included."""
    throttle_burst: Input[int] = 2500
    """Messages that the WebSocket API accepts at once."""
    http_throttle_rate: float = field(default=1000.0, metadata=plain_because(READ_BY_ESTIMATE))
    """Requests per second that the HTTP API accepts."""
    http_throttle_burst: Input[int] = 500
    """Requests that the HTTP API accepts at once."""
    route_throttles: Mapping[str, Throttle] = field(
        default_factory=dict[str, Throttle], metadata=plain_because(SELECTS_THROTTLED_ROUTES)
    )
    """Throttles of single routes, in place of the stage's: `publish` or `$connect` of the WebSocket API, or
    `POST /sessions` of the HTTP API. `heartbeat` has a rate and a burst of 500 by default."""
    audience_channel: str = API_GATEWAY
    """What carries the pushes to large audiences: `apiGateway`, with a push for each listener, or
    `appSyncEvents`, with one request for all. Sessions use the latter from `channelAudience` listeners on."""
    fan_out_concurrency: int = field(default=10, metadata=plain_because(READ_BY_ESTIMATE))
    """Fan-out invocations at a time."""
    account_concurrency: int = field(default=10, metadata=plain_because(CHECKED_AGAINST_QUOTA))
    """The account's quota of concurrent executions of Lambda, in Service Quotas, which the program also takes
    from `raisedQuotas.lambdaConcurrency`. New accounts have 10. From 200 on, the keep-alive, disconnects and
    publishing get shares that a flood of joins cannot use up."""
    reserved_concurrency: Mapping[str, int] | None = field(
        default=None, metadata=plain_because(CHECKED_AGAINST_QUOTA)
    )
    """Concurrent executions kept for, and at most given to, single functions, by handler, in place of those
    shares. An empty mapping reserves none."""
    cognito_endpoint: Input[str] | None = None
    """The address of Cognito on a local stack, in place of AWS's. By default `cognitoidp` of the config's
    `aws:endpoints`, else AWS_ENDPOINT_URL: what the AWS provider uses."""
    cognito_issuer: Input[str] | None = None
    """The issuer in tokens without the pool's id, on LocalStack, in place of AWS's."""
    web_socket_gateway_url: Input[str] | None = None
    """The URL of the local WebSocket gateway, without API and stage, such as ws://127.0.0.1:4510. For
    LocalStack, whose APIs have WebSocket URLs of their own."""

    def __post_init__(self) -> None:
        """Check the values, naming them as config does."""
        if self.snap_start:
            check_snap_start("snapStart", self.lambda_runtime)
        check_choice("logLevel", self.log_level, ("DEBUG", "INFO", "WARNING", "ERROR"))
        check_choice("logRetentionDays", self.log_retention_days, LOG_RETENTION_DAYS)
        check_range("throttleRate", self.throttle_rate, 1, 10_000, "the account's quota")
        check_range("throttleBurst", self.throttle_burst, 1, 5_000, "the account's quota")
        check_range("httpThrottleRate", self.http_throttle_rate, 1, 10_000, "the account's quota")
        check_range("httpThrottleBurst", self.http_throttle_burst, 1, 5_000, "the account's quota")
        for route_key in self.route_throttles:
            check_choice("routeThrottles", route_key, _ROUTE_KEYS)
        check_choice("audienceChannel", self.audience_channel, _CHANNELS)
        check_range("fanOutConcurrency", self.fan_out_concurrency, 2, 1000, "as SQS allows")
        check_range("accountConcurrency", self.account_concurrency, 1, 1_000_000)
        self._check_reserved()
        _check_origins(self.allowed_origins)
        _check_url("cognitoEndpoint", self.cognito_endpoint, "http", "http://localhost:4566")
        _check_url("cognitoIssuer", self.cognito_issuer, "http", "http://localhost:4566")
        _check_url("webSocketGatewayUrl", self.web_socket_gateway_url, "ws", "ws://127.0.0.1:4510")

    @property
    def has_channel(self) -> bool:
        """Whether the stack has a channel for large audiences beside API Gateway."""
        return self.audience_channel != API_GATEWAY

    @property
    def reserved(self) -> Mapping[str, int]:
        """Reserved concurrency by handler: as set, else shares of the account's quota if that has room."""
        if self.reserved_concurrency is not None:
            return self.reserved_concurrency
        if self.account_concurrency < _SHARED_FROM:
            return {}
        return {name: max(1, int(share * self.account_concurrency)) for name, share in _SHARES.items()}

    def _check_reserved(self) -> None:
        for name, value in (self.reserved_concurrency or {}).items():
            check_choice("reservedConcurrency", name, tuple(FUNCTION_SPECS))
            check_range(f"reservedConcurrency.{name}", value, 1, 100_000)
        total, room = sum(self.reserved.values()), self.account_concurrency - _UNRESERVED
        check(
            "reservedConcurrency",
            dict(self.reserved),
            f"allowed is up to {max(0, room)} in sum: Lambda keeps {_UNRESERVED} of accountConcurrency, "
            f"{self.account_concurrency}, for other functions",
            when=not total or total <= room,
        )


def _check_origins(given: Input[Sequence[Input[str]]]) -> None:
    """Raise ArgumentError for a known text that is no origin; `*` stands alone."""
    if given == _ANY_ORIGIN or not is_known(given):
        return
    for origin in cast(Sequence[Input[str]], given):
        check_rule(
            "allowedOrigins",
            origin,
            "allowed is an origin such as https://example.org, without a path",
            lambda text: re.fullmatch(r"https?://[^/*\s]+", text) is not None,
        )


def _check_url(argument: str, value: Input[str] | None, scheme: str, example: str) -> None:
    """Raise ArgumentError for a known value that is no URL, or one with a slash at the end."""
    check_rule(
        argument,
        value,
        f"allowed is a URL such as {example}",
        lambda known: (
            known is None or (known.startswith((f"{scheme}://", f"{scheme}s://")) and not known.endswith("/"))
        ),
    )
