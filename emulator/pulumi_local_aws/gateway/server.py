"""The gateway: one listening socket for WebSockets, management calls and the admin interface."""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Self

from aiohttp import web

from pulumi_local_aws.gateway.addressing import address
from pulumi_local_aws.gateway.admin import PREFIX, AdminApi
from pulumi_local_aws.gateway.api.cache import ApiCache, ApiFilter
from pulumi_local_aws.gateway.api.control_plane import ControlPlane, EmulatorControlPlane
from pulumi_local_aws.gateway.background_tasks import BackgroundTasks
from pulumi_local_aws.gateway.clock import Clock
from pulumi_local_aws.gateway.connection import GOING_AWAY, Connection
from pulumi_local_aws.gateway.emulator_client import EmulatorAddress, EmulatorClient
from pulumi_local_aws.gateway.inspector.function_logs import EmulatorFunctionLogs, FunctionLogs
from pulumi_local_aws.gateway.inspector.page import Inspector
from pulumi_local_aws.gateway.integrations.events import ConnectionContext
from pulumi_local_aws.gateway.integrations.lambda_invoke import Invoker, LambdaInvoker
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.local_origin import admin_refusal, page_refusal
from pulumi_local_aws.gateway.management_access import EmulatorManagementAccess, ManagementAccess
from pulumi_local_aws.gateway.management_api import ManagementApi, error_response
from pulumi_local_aws.gateway.routes.disconnect import handle_disconnect
from pulumi_local_aws.gateway.runtime import Runtime
from pulumi_local_aws.gateway.transport.protocol_switch import ProtocolSwitch

_LOGGER = logging.getLogger(__name__)
_BACKLOG = 2048


class Gateway:
    """An async context manager that serves from entry to exit; port 0 selects a free port.

    On exit every connection is closed (1001), and the `$disconnect` routes get `shutdown_seconds` to finish.
    """

    def __init__(
        self,
        *,
        control_plane: ControlPlane,
        invoker: Invoker,
        access: ManagementAccess,
        function_logs: FunctionLogs | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        served: ApiFilter | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
        max_age_seconds: float = 1.0,
        shutdown_seconds: float = 5.0,
    ) -> None:
        clock = clock or Clock()
        self.host = host
        self.port = port
        self._limits = limits or Limits()
        self._apis = ApiCache(control_plane, clock.monotonic, served=served, max_age_seconds=max_age_seconds)
        self.runtime = Runtime(invoker=invoker, clock=clock, limits=self._limits)
        self._tasks = BackgroundTasks()
        self._admin_api = AdminApi(self.runtime, Inspector(self.runtime, function_logs))
        self._management_api = ManagementApi(self.runtime, self._apis, self._limits, access)
        self._http = web.Server(self._respond, access_log=None)
        self._shutdown_seconds = shutdown_seconds
        self._server: asyncio.Server | None = None

    def websocket_url(self, api_id: str, stage: str) -> str:
        """Return the URL that clients of a stage connect to."""
        return f"ws://{self.host}:{self.port}/_aws/execute-api/{api_id}/{stage}"

    def callback_url(self, api_id: str, stage: str) -> str:
        """Return the endpoint of a stage's management API."""
        return f"http://{self.host}:{self.port}/_aws/execute-api/{api_id}/{stage}"

    @property
    def admin_url(self) -> str:
        return f"http://{self.host}:{self.port}{PREFIX.rstrip('/')}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: ProtocolSwitch(http=self._http, websocket=self._create_websocket),
            self.host,
            self.port,
            backlog=_BACKLOG,
        )
        self.port = int(self._server.sockets[0].getsockname()[1])
        _LOGGER.info("serving port=%d", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        self.runtime.traffic.close()
        try:
            async with asyncio.timeout(self._shutdown_seconds):
                await self._close_connections()
        except TimeoutError:
            _LOGGER.warning("shutdown cancels %d tasks", len(self._tasks))
        await self._tasks.cancel_all()
        self._http.pre_shutdown()
        await self._http.shutdown(self._shutdown_seconds)

    async def _close_connections(self) -> None:
        """Close every connection, the opening ones included, and wait for every `$disconnect` route."""
        while True:
            for connection in self.runtime.open_connections():
                connection.close(*GOING_AWAY)
            if not self._tasks:
                return
            await self._tasks.wait_for_any()

    def _create_websocket(self) -> asyncio.Protocol:
        connection = Connection(self.runtime, self._apis, self._limits, self._tasks, self._on_disconnected)
        return connection.socket

    def _on_disconnected(self, context: ConnectionContext, code: int, reason: str) -> None:
        api = self._apis.get_cached(context.api_id)
        self._tasks.spawn(handle_disconnect(self.runtime, api, context, code, reason))

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._route_http(request)
        except Exception:
            _LOGGER.exception("HTTP request failed")
            return error_response(500, "InternalServerErrorException", "Internal server error")

    async def _route_http(self, request: web.BaseRequest) -> web.StreamResponse:
        raw_path = request.raw_path.partition("?")[0]
        if raw_path.startswith(PREFIX):
            if reason := admin_refusal(request.headers):
                return error_response(403, "ForbiddenException", reason)
            return await self._admin_api.respond(request)
        if reason := page_refusal(request.headers):
            return error_response(403, "ForbiddenException", reason)
        target = address(request.headers.get("Host", ""), raw_path)
        connection_id = target.connection_id if target else None
        if target is None or connection_id is None:
            return error_response(403, "ForbiddenException", "Forbidden")
        return await self._management_api.respond(request, target, connection_id)


class EmulatorGateway:
    """A gateway in front of an emulator: an async context manager that returns the Gateway."""

    def __init__(
        self,
        emulator: EmulatorAddress,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        served: ApiFilter | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
        max_age_seconds: float = 1.0,
        shutdown_seconds: float = 5.0,
    ) -> None:
        self._client = EmulatorClient(emulator)
        self._gateway = Gateway(
            control_plane=EmulatorControlPlane(self._client),
            invoker=LambdaInvoker(self._client),
            access=EmulatorManagementAccess(self._client),
            function_logs=EmulatorFunctionLogs(self._client),
            host=host,
            port=port,
            served=served,
            clock=clock,
            limits=limits,
            max_age_seconds=max_age_seconds,
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
