"""The gateway: one listening socket for WebSockets, management calls and the admin interface."""

import asyncio
from contextlib import AsyncExitStack
from typing import Self

from aiohttp import web

from pulumi_local_aws.gateway.addressing import address
from pulumi_local_aws.gateway.admin import PREFIX, Admin
from pulumi_local_aws.gateway.api.cache import Definitions
from pulumi_local_aws.gateway.api.control_plane import ControlPlane, EmulatorControlPlane
from pulumi_local_aws.gateway.clock import Clock
from pulumi_local_aws.gateway.connection import GOING_AWAY, Connection
from pulumi_local_aws.gateway.emulator_client import EmulatorAddress, EmulatorClient
from pulumi_local_aws.gateway.faults import Faults
from pulumi_local_aws.gateway.integrations.lambda_invoke import Invoker, LambdaInvoker
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.management_api import Callbacks, error
from pulumi_local_aws.gateway.permissions import EmulatorPermissions, Permissions
from pulumi_local_aws.gateway.runtime import LOG, Runtime, Served, Throttles
from pulumi_local_aws.gateway.transport.protocol_switch import FrontDoor

_BACKLOG = 2048


class Gateway:
    """An async context manager that serves from entry to exit; port 0 takes a free one.

    On exit it closes every connection (1001) and gives the `$disconnect`s `shutdown_seconds`.
    """

    def __init__(
        self,
        *,
        control_plane: ControlPlane,
        invoker: Invoker,
        permissions: Permissions,
        host: str = "127.0.0.1",
        port: int = 0,
        served: Served | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
        max_age: float = 1.0,
        shutdown_seconds: float = 5.0,
    ) -> None:
        clock = clock or Clock()
        limits = limits or Limits()
        self.host = host
        self.runtime = Runtime(
            definitions=Definitions(control_plane, clock.monotonic, max_age=max_age),
            invoker=invoker,
            clock=clock,
            limits=limits,
            faults=Faults(),
            throttles=Throttles(limits, clock),
            served=served or Served(),
            port=port,
        )
        self._admin = Admin(self.runtime)
        self._callbacks = Callbacks(self.runtime, permissions)
        self._http = web.Server(self._answer, access_log=None)
        self._shutdown_seconds = shutdown_seconds
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        return self.runtime.port

    def websocket_url(self, api_id: str, stage: str) -> str:
        """Where clients of a stage connect; the callback URL is the same with `http`."""
        return f"ws://{self.host}:{self.port}/_aws/execute-api/{api_id}/{stage}"

    def callback_url(self, api_id: str, stage: str) -> str:
        """The endpoint of the management API of a stage."""
        return f"http://{self.host}:{self.port}/_aws/execute-api/{api_id}/{stage}"

    @property
    def admin_url(self) -> str:
        return f"http://{self.host}:{self.port}{PREFIX.rstrip('/')}"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: FrontDoor(http=self._http, websocket=self._websocket),
            self.host,
            self.runtime.port,
            backlog=_BACKLOG,
        )
        self.runtime.port = int(self._server.sockets[0].getsockname()[1])
        LOG.info("serving port=%d", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        try:
            async with asyncio.timeout(self._shutdown_seconds):
                await self._close_connections()
        except TimeoutError:
            LOG.warning("shutdown: %d tasks given up", len(self.runtime.tasks))
        left = set(self.runtime.tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self._http.pre_shutdown()
        await self._http.shutdown(self._shutdown_seconds)

    async def _close_connections(self) -> None:
        """Until none is open or opening and every `$disconnect` is told."""
        while True:
            for connection in self.runtime.open_connections():
                connection.socket.close(*GOING_AWAY)
            if not self.runtime.tasks:
                return
            await asyncio.wait(set(self.runtime.tasks), return_when=asyncio.FIRST_COMPLETED)

    def _websocket(self) -> asyncio.Protocol:
        return Connection(self.runtime).socket

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        raw_path = request.raw_path.partition("?")[0]
        if raw_path.startswith(PREFIX):
            return await self._admin.answer(request)
        target = address(request.headers.get("Host", ""), raw_path)
        connection_id = target.connection_id if target else None
        if target is None or connection_id is None:
            return error(403, "ForbiddenException", "Forbidden")
        return await self._callbacks.answer(request, target, connection_id)


class EmulatorGateway:
    """A gateway in front of an emulator, as an async context manager that gives the Gateway."""

    def __init__(
        self,
        emulator: EmulatorAddress,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        served: Served | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
        max_age: float = 1.0,
        shutdown_seconds: float = 5.0,
    ) -> None:
        self._client = EmulatorClient(emulator)
        self._gateway = Gateway(
            control_plane=EmulatorControlPlane(self._client),
            invoker=LambdaInvoker(self._client),
            permissions=EmulatorPermissions(self._client),
            host=host,
            port=port,
            served=served,
            clock=clock,
            limits=limits,
            max_age=max_age,
            shutdown_seconds=shutdown_seconds,
        )
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Gateway:
        await self._stack.enter_async_context(self._client)
        try:
            return await self._stack.enter_async_context(self._gateway)
        except BaseException:
            await self._stack.aclose()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
