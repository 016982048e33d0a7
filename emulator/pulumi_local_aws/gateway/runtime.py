"""What all parts of a running gateway share."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pulumi_local_aws.gateway.api.cache import Definitions
from pulumi_local_aws.gateway.api.model import Api
from pulumi_local_aws.gateway.clock import Clock
from pulumi_local_aws.gateway.faults import Faults
from pulumi_local_aws.gateway.integrations.lambda_invoke import Invoker
from pulumi_local_aws.gateway.limits import Limits, TokenBucket

if TYPE_CHECKING:
    from pulumi_local_aws.gateway.connection import Connection

LOG = logging.getLogger("pulumi_local_aws.gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Which APIs and stages are served: all of them unless named."""

    api_id: str | None = None
    stage: str | None = None

    def includes(self, api_id: str, stage: str) -> bool:
        return self.api_id in (None, api_id) and self.stage in (None, stage)


class Throttles:
    """The account's, the stages' and the routes' token buckets.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._now = clock.monotonic
        self._routes: dict[tuple[str, str, str, float, int], TokenBucket] = {}
        self._new = TokenBucket(
            limits.new_connections_per_second, limits.new_connections_per_second, clock.monotonic
        )
        self._account = TokenBucket(limits.requests_per_second, limits.request_burst, clock.monotonic)

    def connect(self) -> bool:
        """Whether one more connection may be made now."""
        return self._new.take()

    def request(self) -> bool:
        """Whether the account has room for one more request; callbacks count too."""
        return self._account.take()

    def route(self, api: Api, stage: str, route_key: str) -> bool:
        """Whether the stage's setting for the route leaves room for one more message."""
        throttle = api.stages[stage].throttle_of(route_key)
        if throttle.rate is None and throttle.burst is None:
            return True
        rate = self._limits.requests_per_second if throttle.rate is None else throttle.rate
        burst = self._limits.request_burst if throttle.burst is None else throttle.burst
        key = (api.api_id, stage, route_key, rate, burst)
        bucket = self._routes.get(key)
        if bucket is None:
            bucket = self._routes[key] = TokenBucket(rate, burst, self._now)
        return bucket.take()


@dataclass(slots=True, kw_only=True)
class Runtime:
    """The gateway's collaborators, its connections and the tasks that it runs for them."""

    definitions: Definitions
    invoker: Invoker
    clock: Clock
    limits: Limits
    faults: Faults
    throttles: Throttles
    served: Served = field(default_factory=Served)
    port: int = 0
    connections: "dict[str, Connection]" = field(default_factory=dict[str, "Connection"])
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run on its own; an exception is logged and harms nobody else."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def open_connections(self) -> "Iterator[Connection]":
        return iter([connection for connection in self.connections.values() if connection.is_open])

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("a task failed", exc_info=error)
