"""API Gateway's quotas for WebSocket APIs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes, seconds and requests a second; the defaults are AWS's.

    Sources:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
    (message, frame, idle, duration, new connections, authorizer result, integration timeout, URL length) and
    https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    (10,000 requests a second with a burst of 5,000 for an account and Region, callbacks included;
    the headers' total size is stated for REST and HTTP APIs and applied here to `$connect`).
    """

    message_bytes: int = 128 * 1024
    frame_bytes: int = 32 * 1024
    idle_seconds: float = 600
    duration_seconds: float = 7200
    new_connections_per_second: float = 500
    requests_per_second: float = 10_000
    request_burst: int = 5_000
    authorizer_result_bytes: int = 8 * 1024
    integration_seconds: float = 29
    url_characters: int = 4096
    header_bytes: int = 10_240
