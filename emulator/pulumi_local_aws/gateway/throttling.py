"""Token buckets for the account, the stages and the routes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
"""

from collections.abc import Callable

from pulumi_local_aws.gateway.api.model import Api
from pulumi_local_aws.gateway.limits import Limits


class TokenBucket:
    """A bucket of `burst` tokens that refills at `rate` tokens a second; each request takes one."""

    __slots__ = ("_burst", "_now", "_rate", "_refilled_at", "_tokens")

    def __init__(self, rate: float, burst: float, now: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._tokens = burst
        self._refilled_at = now()

    def take(self) -> bool:
        """Take a token. Return False if the bucket is empty."""
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._refilled_at) * self._rate)
        self._refilled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Throttling:
    """The account's limits and the throttling settings of stages and routes."""

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self._limits = limits
        self._now = now
        self._routes: dict[tuple[str, str, str, float, int], TokenBucket] = {}
        self._connects = TokenBucket(
            limits.new_connections_per_second, limits.new_connections_per_second, now
        )
        self._account = TokenBucket(limits.requests_per_second, limits.request_burst, now)

    def allows_connect(self) -> bool:
        """Count a new connection. Return False if the account's rate of new connections is exceeded."""
        return self._connects.take()

    def allows_callback(self) -> bool:
        """Count a call of the management API. Return False if the account's request rate is exceeded."""
        return self._account.take()

    def allows_route(self, api: Api, stage: str, route_key: str) -> bool:
        """Count a request of a route. Return False if the account's, stage's or route's rate is exceeded."""
        if not self._account.take():
            return False
        throttle = api.stages[stage].throttle_for(route_key)
        if throttle.rate is None and throttle.burst is None:
            return True
        rate = self._limits.requests_per_second if throttle.rate is None else throttle.rate
        burst = self._limits.request_burst if throttle.burst is None else throttle.burst
        key = (api.api_id, stage, route_key, rate, burst)
        bucket = self._routes.get(key)
        if bucket is None:
            bucket = self._routes[key] = TokenBucket(rate, burst, self._now)
        return bucket.take()
