"""Closing the Python client ends every one of its connections."""

import asyncio
import contextlib

from tests.client.scenario_server import STEP_SECONDS, scenario_server
from websocket_sessions.client import Client, SessionError, Timings

SESSION = {
    "sessionId": "caring-king-275",
    "status": "active",
    "sourceLanguage": "en",
    "quality": "standard",
    "version": 1,
    "epoch": "5f0c9a1e",
    "offset": 0,
    "listeners": 0,
    "maxListeners": 500,
    "createdAt": "2026-01-01T00:00:00Z",
    "expiresAt": "2026-01-02T00:00:00Z",
}


async def token(force_refresh: bool) -> str:
    """Return a token that shows no expiry."""
    return "header.e30.signature"


async def test_closing_ends_a_connection_that_still_drains() -> None:
    async with scenario_server() as server:
        client = Client(
            {"webSocketUrl": server.url}, token=token, timings=Timings(drain_seconds=STEP_SECONDS * 10)
        )
        async with contextlib.AsyncExitStack() as stack:
            entering = asyncio.create_task(
                stack.enter_async_context(client.create(source_language="en", quality="standard"))
            )
            first = await server.accept(token=True)
            await first.receive({"action": "createSession"})
            await first.reply({**SESSION, "type": "sessionCreated", "generation": 1})
            speaker = await entering
            publishing = asyncio.create_task(speaker.publish("unanswered"))
            await first.receive({"action": "publish"})
            await first.send({"type": "connectionRefreshRequired", "secondsLeft": 60})
            second = await server.accept(token=True)
            await second.receive({"action": "resumeSession"})
            await second.reply({**SESSION, "type": "sessionResumed", "generation": 2})
            await asyncio.wait_for(speaker.connection.wait_open(), STEP_SECONDS)
            speaker.connection.close()
            await first.wait_closed()
            await second.wait_closed()
            with contextlib.suppress(SessionError, asyncio.CancelledError):
                await publishing
