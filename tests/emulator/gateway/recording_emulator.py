"""An HTTP server in the emulator's place that gives one response and records the requests."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web
from aiohttp.test_utils import TestServer

from pulumi_local_aws.gateway.emulator_client import EmulatorAddress, EmulatorClient


@dataclass(frozen=True)
class RecordedRequest:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class RecordingEmulator:
    """An async context manager; `now` is the clock of the caches under test."""

    status: int = 410
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    requests: list[RecordedRequest] = field(default_factory=list[RecordedRequest])
    now: float = 0.0
    client: EmulatorClient = field(init=False)

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._respond)
        server = await self._stack.enter_async_context(TestServer(app))
        address = EmulatorAddress(endpoint_url=str(server.make_url("")).rstrip("/"))
        self.client = await self._stack.enter_async_context(EmulatorClient(address))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _respond(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        self.requests.append(RecordedRequest(request.method, request.raw_path, request.headers, body))
        return web.Response(status=self.status, body=self.body, headers=self.headers)
