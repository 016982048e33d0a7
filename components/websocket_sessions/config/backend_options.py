"""What an operator can set of a backend's resources, as against the behaviour of its sessions."""

import re
from dataclasses import field

from websocket_sessions.archives.target import DEFAULT_ARCHITECTURE, DEFAULT_RUNTIME
from websocket_sessions.arguments import arguments, check, check_choice, check_range
from websocket_sessions.lambda_handler import LOG_RETENTION_DAYS

_ANY_ORIGIN = ["*"]


@arguments
class BackendOptions:
    """Protection, quotas, logs and code; the defaults are those of production."""

    lambda_runtime: str = DEFAULT_RUNTIME
    """The functions' runtime, for which the archives are built."""
    lambda_architecture: str = DEFAULT_ARCHITECTURE
    """`arm64` or `x86_64`, for which the archives are built."""
    lambda_bytecode: bool = True
    """Whether the archives hold bytecode, which makes cold starts faster and takes an interpreter of the
    runtime's version on every machine that deploys."""
    log_level: str = "INFO"
    """Least level of log lines: DEBUG, INFO, WARNING or ERROR."""
    log_retention_days: int = 30
    """Days that log lines are kept; CloudWatch knows certain values only."""
    access_logs: bool = False
    """Whether the WebSocket API logs each request; the account must allow it first (see WebSocketApi)."""
    tracing: bool = False
    """Whether X-Ray traces are recorded."""
    alarms: bool = True
    """Whether there are alarms."""
    alarm_topic: bool = False
    """Whether a topic is told of alarms."""
    deletion_protection: bool = True
    """Whether tables and user pool refuse to be deleted."""
    point_in_time_recovery: bool = True
    """Whether sessions and connections can be restored to any second of the last 35 days."""
    self_sign_up: bool = False
    """Whether people make their own accounts."""
    password_sign_in: bool = False
    """Whether a client may send the password itself to Cognito; for demonstrations and tests only."""
    allowed_origins: list[str] = field(default_factory=list[str])
    """Origins of pages that may call the HTTP API; `*` alone is any page: no cookie is ever looked at."""
    stage_name: str = "live"
    """The stage of both APIs, part of their URLs."""
    throttle_rate: float = 5000.0
    """Messages a second that the WebSocket API takes; the account's quota is 10,000, callbacks included."""
    throttle_burst: int = 2500
    """Messages that it takes at once."""
    fan_out_concurrency: int = 10
    """Functions at work on large audiences at a time."""
    cognito_endpoint: str | None = None
    """Where Cognito is, if it is not AWS's own: on a local stack."""
    cognito_issuer: str | None = None
    """What tokens name as their issuer, less the pool's id, if it is not AWS's: on LocalStack."""
    web_socket_endpoint: str | None = None
    """Where the WebSocket gateway is, if the API does not name it itself: on LocalStack."""

    def __post_init__(self) -> None:
        """Check the values, naming them as config does."""
        check_choice("logLevel", self.log_level, ("DEBUG", "INFO", "WARNING", "ERROR"))
        check_choice("logRetentionDays", self.log_retention_days, LOG_RETENTION_DAYS)
        check_range("throttleRate", self.throttle_rate, 1, 10_000, "the account's quota")
        check_range("throttleBurst", self.throttle_burst, 1, 5_000, "the account's quota")
        check_range("fanOutConcurrency", self.fan_out_concurrency, 2, 1000, "as SQS allows")
        for origin in self.allowed_origins if self.allowed_origins != _ANY_ORIGIN else []:
            check(
                "allowedOrigins",
                origin,
                "allowed is an origin such as https://example.org, without a path",
                when=re.fullmatch(r"https?://[^/*\s]+", origin) is not None,
            )
        _check_url("cognitoEndpoint", self.cognito_endpoint, "http", "http://localhost:4566")
        _check_url("cognitoIssuer", self.cognito_issuer, "http", "http://localhost:4566")
        _check_url("webSocketEndpoint", self.web_socket_endpoint, "ws", "ws://127.0.0.1:4510")


def _check_url(argument: str, value: str | None, scheme: str, example: str) -> None:
    """Raise ArgumentError unless it is no URL at all or one without a slash at the end."""
    fits = value is None or (value.startswith((f"{scheme}://", f"{scheme}s://")) and not value.endswith("/"))
    check(argument, value, f"allowed is a URL such as {example}", when=fits)
