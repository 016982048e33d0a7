"""A gateway in the test's own process, with fakes at its seams."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection, connect

from pulumi_local_aws.gateway.api.model import Api
from pulumi_local_aws.gateway.clock import Clock
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.permissions import ManagementCall, Verdict
from pulumi_local_aws.gateway.server import Gateway
from tests.emulator.gateway.fakes import (
    API_ID,
    STAGE,
    Event,
    FixedControlPlane,
    Function,
    PythonFunctions,
    StatedPermissions,
)


@dataclass
class Local:
    """Starts gateways and connects clients; everything ends with the test."""

    stack: AsyncExitStack
    http: aiohttp.ClientSession
    control_plane: FixedControlPlane = field(default_factory=lambda: FixedControlPlane(None))
    functions: PythonFunctions = field(default_factory=PythonFunctions)
    permissions: StatedPermissions = field(default_factory=StatedPermissions)
    gateway: Gateway = field(init=False)

    async def start(
        self,
        api: Api,
        *,
        limits: Limits | None = None,
        clock: Clock | None = None,
        verdicts: Callable[[ManagementCall], Verdict] | None = None,
        max_age: float = 1.0,
        **functions: Function,
    ) -> Gateway:
        self.control_plane.api = api
        self.functions.functions = functions
        if verdicts is not None:
            self.permissions.verdicts = verdicts
        self.gateway = await self.stack.enter_async_context(
            Gateway(
                control_plane=self.control_plane,
                invoker=self.functions,
                permissions=self.permissions,
                limits=limits,
                clock=clock,
                max_age=max_age,
            )
        )
        return self.gateway

    def url(self, query: str = "") -> str:
        return self.gateway.websocket_url(API_ID, STAGE) + query

    async def connect(self, url: str | None = None, **options: Any) -> ClientConnection:
        options.setdefault("compression", None)
        return await self.stack.enter_async_context(connect(url or self.url(), **options))

    async def call(
        self, method: str, connection_id: str, body: bytes | None = None, stage: str = STAGE
    ) -> tuple[int, str, bytes]:
        """A management call: status, error type, body."""
        url = f"{self.gateway.callback_url(API_ID, stage)}/@connections/{connection_id}"
        async with self.http.request(method, url, data=body) as answer:
            return answer.status, answer.headers.get("x-amzn-ErrorType", ""), await answer.read()

    async def faults(self, *rules: dict[str, object]) -> None:
        async with self.http.post(f"{self.gateway.admin_url}/faults", json=rules) as answer:
            assert answer.status == 200, await answer.text()

    def events(self, function: str) -> list[Event]:
        return self.functions.events.get(function, [])

    @property
    def connection_id(self) -> str:
        """The id of the one connection that is open."""
        (connection,) = self.gateway.runtime.open_connections()
        return connection.id


@pytest.fixture
async def local() -> AsyncIterator[Local]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Local(stack=stack, http=http)
