"""A WebSocket server that plays the server's part of a scenario, step by step."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

STEP_SECONDS = 10.0
"""How long a step may take before the scenario has failed."""

Fields = dict[str, Any]


@dataclass(eq=False)
class ClientConnection:
    """One connection of the client under test, with the requests that no step has received yet."""

    connection: ServerConnection
    requests: asyncio.Queue[Fields] = field(default_factory=asyncio.Queue[Fields])
    heartbeats: asyncio.Queue[Fields] = field(default_factory=asyncio.Queue[Fields])
    answers_heartbeats: bool = True
    last_request: Fields = field(default_factory=dict[str, Any])

    async def read(self) -> None:
        """Sort the client's messages until the connection ends."""
        with contextlib.suppress(ConnectionClosed):
            async for frame in self.connection:
                message: Fields = json.loads(frame)
                if message["action"] != "heartbeat":
                    self.requests.put_nowait(message)
                    continue
                self.heartbeats.put_nowait(message)
                if self.answers_heartbeats:
                    await self.send({"type": "heartbeatAck", "serverTime": 0, "connectedAt": 0})

    async def receive(self, wanted: Fields) -> Fields:
        """Return the next request, which must have the wanted fields."""
        queue = self.heartbeats if wanted["action"] == "heartbeat" else self.requests
        request = await asyncio.wait_for(queue.get(), STEP_SECONDS)
        assert request.items() >= wanted.items(), f"got {request}, wanted {wanted}"
        self.last_request = request
        return request

    async def send(self, message: Fields) -> None:
        """Send a message; a connection that has ended takes none."""
        with contextlib.suppress(ConnectionClosed):
            await self.connection.send(json.dumps(message))

    async def reply(self, message: Fields) -> None:
        """Answer the last request."""
        await self.send({**message, "requestId": self.last_request["requestId"]})

    async def wait_closed(self) -> None:
        """Wait until the connection has ended."""
        await asyncio.wait_for(self.connection.wait_closed(), STEP_SECONDS)


class ScenarioServer:
    """Connections wait for an `accept`; `url` is the address."""

    def __init__(self) -> None:
        self.url = ""
        self.connections: list[ClientConnection] = []
        self._arrived: asyncio.Queue[ClientConnection] = asyncio.Queue()

    async def accept(self, *, token: bool) -> ClientConnection:
        """Return the client's next connection; with `token` it must carry a bearer token."""
        client = await asyncio.wait_for(self._arrived.get(), STEP_SECONDS)
        request = client.connection.request
        assert request is not None
        if token:
            assert request.headers["Authorization"].startswith("Bearer ")
        self.connections.append(client)
        return client

    @property
    def has_unexpected_connection(self) -> bool:
        """Whether the client opened a connection that no step accepted."""
        return not self._arrived.empty()

    async def serve(self, connection: ServerConnection) -> None:
        """Offer a connection to the next `accept`, and read it until it ends."""
        client = ClientConnection(connection)
        self._arrived.put_nowait(client)
        await client.read()


@contextlib.asynccontextmanager
async def scenario_server() -> AsyncGenerator[ScenarioServer]:
    """Serve on a free loopback port."""
    server = ScenarioServer()
    async with serve(server.serve, "127.0.0.1", 0, ping_interval=None) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        server.url = f"ws://127.0.0.1:{port}"
        yield server
