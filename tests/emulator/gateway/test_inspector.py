"""The inspector's page, stream and controls."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from pulumi_local_aws.gateway.traffic import Traffic, redact
from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import api, ok, two_way


class EventStream:
    """Reads the Server-Sent Events of the inspector."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def next(self) -> tuple[str, dict[str, Any]]:
        name = ""
        async with asyncio.timeout(10):
            while True:
                line = (await self._response.content.readline()).decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    return name, json.loads(line.removeprefix("data: "))

    async def entry(self, kind: str) -> dict[str, Any]:
        """Return the next entry of this kind."""
        while True:
            name, data = await self.next()
            if name == "entry" and data["kind"] == kind:
                return data


@asynccontextmanager
async def watch(harness: GatewayHarness) -> AsyncGenerator[EventStream]:
    async with harness.http.get(f"{harness.gateway.admin_url}/inspector/events") as response:
        assert response.content_type == "text/event-stream"
        yield EventStream(response)


async def start_echo(harness: GatewayHarness) -> None:
    await harness.start(api(two_way("echo", "echo")), echo=lambda event: ok(event["body"]))


async def test_the_stream_begins_with_the_open_connections(harness: GatewayHarness) -> None:
    await start_echo(harness)
    await harness.connect()
    async with watch(harness) as stream:
        name, state = await stream.next()
    assert (name, state["timeFactor"]) == ("state", 1.0)
    (connection,) = state["connections"]
    assert connection["connectionId"] == harness.connection_id
    assert (connection["apiId"], connection["stage"], connection["user"]) == ("abc123", "live", None)


async def test_a_message_its_invocation_and_its_reply_are_shown(harness: GatewayHarness) -> None:
    await start_echo(harness)
    async with watch(harness) as stream:
        await stream.next()
        client = await harness.connect()
        await client.send('{"action":"echo"}')
        connected = await stream.entry("connected")
        received = await stream.entry("received")
        invocation = await stream.entry("invocation")
        reply = await stream.entry("reply")
    assert connected["connectionId"] == harness.connection_id
    assert (received["route"], received["payload"]) == ("echo", '{"action":"echo"}')
    assert (invocation["route"], invocation["status"]) == ("echo", 200)
    assert reply["requestId"] == invocation["requestId"]
    assert reply["payload"] == '{"action":"echo"}'


async def test_pushes_errors_and_the_end_are_shown(harness: GatewayHarness) -> None:
    await start_echo(harness)
    async with watch(harness) as stream:
        client = await harness.connect()
        await harness.call_management_api("POST", harness.connection_id, b"pushed")
        assert (await stream.entry("push"))["payload"] == "pushed"
        await client.send("unknown")
        assert "Forbidden" in (await stream.entry("error"))["payload"]
        await client.close(4001, "enough")
        assert (await stream.entry("disconnected"))["code"] == 4001


async def test_nothing_is_recorded_while_nobody_watches() -> None:
    clock_reads: list[int] = []

    def epoch_ms() -> int:
        clock_reads.append(1)
        return 0

    traffic = Traffic(epoch_ms)
    traffic.record("received", "c", payload="x")
    assert clock_reads == []
    with traffic.watch() as queue:
        traffic.record("received", "c", payload="x")
        assert queue.get_nowait() is not None
    assert not traffic.is_watched


def test_a_slow_watcher_loses_the_oldest_entries() -> None:
    traffic = Traffic(lambda: 0)
    with traffic.watch() as queue:
        for _ in range(1500):
            traffic.record("received", "c")
        first = queue.get_nowait()
        assert first is not None
        assert (first["number"], queue.qsize()) == (501, 999)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ('{"action":"refreshToken","token":"abc"}', '{"action":"refreshToken","token":"[redacted]"}'),
        ('{"idToken" : "a\\"b", "x":1}', '{"idToken" : "[redacted]", "x":1}'),
        ('{"token":"cut-off', '{"token":"[redacted]'),
        ("Bearer abcdefgh.ijk", "Bearer [redacted]"),
        ("see eyJhbGciOi.eyJzdWIi.sig", "see [redacted]"),
        ('{"data":"token"}', '{"data":"token"}'),
    ],
)
def test_tokens_are_redacted(text: str, redacted: str) -> None:
    assert redact(text) == redacted


async def test_a_frame_can_be_replayed(harness: GatewayHarness) -> None:
    await start_echo(harness)
    client = await harness.connect()
    url = f"{harness.gateway.admin_url}/inspector/replay"
    frame = {"connectionId": harness.connection_id, "payload": '{"action":"echo"}'}
    async with harness.http.post(url, json=frame) as response:
        assert response.status == 204
    assert await client.recv() == '{"action":"echo"}'
    async with harness.http.post(url, json=frame | {"connectionId": "unknown"}) as response:
        assert response.status == 404
    async with harness.http.post(url, json={}) as response:
        assert response.status == 400


async def test_the_shutdown_ends_the_stream(harness: GatewayHarness) -> None:
    await start_echo(harness)
    async with harness.http.get(f"{harness.gateway.admin_url}/inspector/events") as response:
        await response.content.readline()
        await harness.gateway.__aexit__(None, None, None)
        await asyncio.wait_for(response.content.read(), 10)


async def test_a_foreign_page_gets_neither_the_page_nor_the_stream(harness: GatewayHarness) -> None:
    await start_echo(harness)
    for path in ("", "events"):
        url = f"{harness.gateway.admin_url}/inspector/{path}"
        async with harness.http.get(url, headers={"Origin": "https://example.com"}) as response:
            assert response.status == 403
