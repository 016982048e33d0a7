"""A gateway in the test's own process, with fakes at its seams."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection, connect

from pulumi_local_aws.gateway.api.cache import ApiFilter
from pulumi_local_aws.gateway.api.model import Api
from pulumi_local_aws.gateway.clock import Clock
from pulumi_local_aws.gateway.inspector.function_logs import FunctionLogs
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.management_access import AccessDecision, ManagementRequest
from pulumi_local_aws.gateway.server import Gateway
from tests.emulator.gateway.fakes import (
    API_ID,
    STAGE,
    Event,
    FixedControlPlane,
    Function,
    PythonFunctions,
    ScriptedAccess,
)


@dataclass
class GatewayHarness:
    """Starts gateways and connects clients; all of them end with the test."""

    stack: AsyncExitStack
    http: aiohttp.ClientSession
    control_plane: FixedControlPlane = field(default_factory=lambda: FixedControlPlane(None))
    functions: PythonFunctions = field(default_factory=PythonFunctions)
    access: ScriptedAccess = field(default_factory=ScriptedAccess)
    gateway: Gateway = field(init=False)

    async def start(
        self,
        api: Api,
        *,
        limits: Limits | None = None,
        clock: Clock | None = None,
        decisions: Callable[[ManagementRequest], AccessDecision] | None = None,
        max_age_seconds: float = 1.0,
        served: ApiFilter | None = None,
        function_logs: FunctionLogs | None = None,
        **functions: Function,
    ) -> Gateway:
        self.control_plane.api = api
        self.functions.functions |= functions
        if decisions is not None:
            self.access.decisions = decisions
        self.gateway = await self.stack.enter_async_context(
            Gateway(
                control_plane=self.control_plane,
                invoker=self.functions,
                access=self.access,
                limits=limits,
                clock=clock,
                max_age_seconds=max_age_seconds,
                served=served,
                function_logs=function_logs,
            )
        )
        return self.gateway

    def url(self, query: str = "") -> str:
        return self.gateway.websocket_url(API_ID, STAGE) + query

    async def connect(self, url: str | None = None, **options: Any) -> ClientConnection:
        options.setdefault("compression", None)
        return await self.stack.enter_async_context(connect(url or self.url(), **options))

    async def call_management_api(
        self, method: str, connection_id: str, body: bytes | None = None, stage: str = STAGE
    ) -> tuple[int, str, bytes]:
        """Send a management call. Return the status, the error type and the body."""
        url = f"{self.gateway.callback_url(API_ID, stage)}/@connections/{connection_id}"
        async with self.http.request(method, url, data=body) as response:
            return response.status, response.headers.get("x-amzn-ErrorType", ""), await response.read()

    async def set_faults(self, *rules: dict[str, object]) -> None:
        async with self.http.post(f"{self.gateway.admin_url}/faults", json=rules) as response:
            assert response.status == 200, await response.text()

    def events(self, function: str) -> list[Event]:
        return self.functions.events.get(function, [])

    @property
    def connection_id(self) -> str:
        """The id of the only open connection."""
        (connection,) = self.gateway.runtime.open_connections()
        return connection.id


@pytest.fixture
async def harness() -> AsyncIterator[GatewayHarness]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield GatewayHarness(stack=stack, http=http)
