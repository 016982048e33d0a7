"""API Gateway's quotas for WebSocket APIs, and the token bucket that its throttling uses."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes, seconds and requests a second; the defaults are AWS's.

    Sources:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
    (message, frame, idle, duration, new connections, authorizer result, integration time-out, URL length) and
    https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    (10,000 requests a second with a burst of 5,000 for an account and Region, callbacks included).
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


class TokenBucket:
    """A bucket of `burst` tokens that fills at `rate` a second; each request takes one.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
    """

    __slots__ = ("_burst", "_filled_at", "_now", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._tokens = burst
        self._filled_at = now()

    def take(self) -> bool:
        """Take a token; False where none is left."""
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
