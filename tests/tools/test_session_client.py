"""The terminal's client distinguishes replies, pushes and errors."""

import json
from collections.abc import AsyncGenerator

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from tools.dev_stack.session_client import PROTOCOL, Refused, SessionClient


async def answer(connection: ServerConnection) -> None:
    """A server that pushes before it replies, refuses one action, and hangs up on another."""
    async for frame in connection:
        request = json.loads(frame)
        number = {"requestId": request["requestId"]} if "requestId" in request else {}
        if request["action"] == "hangUp":
            connection.transport.abort()
        elif request["action"] == "refuse":
            await connection.send(
                json.dumps({"type": "error", "code": "CONFLICT", "message": "No", **number})
            )
        else:
            await connection.send(json.dumps({"type": "message", "offset": 1}))
            await connection.send(json.dumps({"type": "message", "offset": 2}))
            offered = connection.request.headers["Sec-WebSocket-Protocol"] if connection.request else ""
            await connection.send(json.dumps({"type": "done", "offered": offered, **number}))


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    """The address of that server."""
    server: Server
    async with serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol(PROTOCOL)]) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_reply_is_found_among_pushes_and_pushes_by_their_fields(url: str) -> None:
    async with await SessionClient.open(url) as client:
        assert (await client.request("publish"))["type"] == "done"
        assert (await client.push("message", offset=2))["offset"] == 2
        assert [message["offset"] for message in client.pushes] == [1]


async def test_the_token_goes_as_a_subprotocol(url: str) -> None:
    async with await SessionClient.open(url, "ey.x.y") as client:
        assert (await client.request("publish"))["offered"] == f"{PROTOCOL}, bearer.ey.x.y"


async def test_an_error_reply_is_raised_and_the_connection_stays_usable(url: str) -> None:
    async with await SessionClient.open(url) as client:
        with pytest.raises(Refused, match="CONFLICT: No"):
            await client.request("refuse")
        assert (await client.request("publish"))["type"] == "done"


async def test_a_request_whose_connection_ends_is_not_waited_for(url: str) -> None:
    client = await SessionClient.open(url)
    with pytest.raises(ConnectionResetError):
        await client.request("hangUp")
    assert await client.closed() == 1006


async def test_a_push_that_does_not_come_is_a_timeout(url: str) -> None:
    async with await SessionClient.open(url) as client:
        with pytest.raises(TimeoutError):
            await client.push("presence", seconds=0.05)
