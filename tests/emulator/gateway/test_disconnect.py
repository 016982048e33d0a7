"""`$disconnect`: told once, with the code and reason of whoever closed first."""

import asyncio

import pytest

from tests.emulator.gateway.conftest import Local
from tests.emulator.gateway.fakes import Event, FunctionError, api, ok, one_way


class Told:
    """A `$disconnect` function that can be awaited."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def __call__(self, event: Event) -> object:
        self._events.put_nowait(event)
        return ok()

    async def event(self) -> Event:
        return await asyncio.wait_for(self._events.get(), 5)

    async def code(self) -> int:
        return (await self.event())["requestContext"]["disconnectStatusCode"]


@pytest.fixture
async def told(local: Local) -> Told:
    told = Told()
    await local.start(api(one_way("$disconnect", "told")), told=told)
    return told


async def test_the_event_has_aws_shape(local: Local, told: Told) -> None:
    client = await local.connect()
    connection_id = local.connection_id
    await client.close(4001, "enough")
    event = await told.event()
    assert sorted(event) == ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"]
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$disconnect", "DISCONNECT")
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (4001, "enough")
    assert context["connectionId"] == connection_id
    assert "messageId" not in context


async def test_a_close_without_a_code_is_1005(local: Local, told: Told) -> None:
    client = await local.connect()
    client.protocol.send_close()
    client.transport.write(b"".join(client.protocol.data_to_send()))
    context = (await told.event())["requestContext"]
    assert context["disconnectStatusCode"] == 1005
    assert context["disconnectReason"] == "Client-side close frame status not set"


async def test_a_connection_that_breaks_is_1006(local: Local, told: Told) -> None:
    client = await local.connect()
    client.transport.abort()
    assert await told.code() == 1006


async def test_the_shutdown_closes_with_1001_and_tells(local: Local, told: Told) -> None:
    client = await local.connect()
    await local.gateway.__aexit__(None, None, None)
    await client.wait_closed()
    assert client.close_code == 1001
    assert await told.code() == 1001


async def test_a_function_that_fails_harms_nobody(local: Local) -> None:
    failed = asyncio.Event()

    def fail(_: Event) -> object:
        failed.set()
        raise FunctionError("no")

    await local.start(api(one_way("$disconnect", "fail")), fail=fail)
    client = await local.connect()
    await client.close()
    await asyncio.wait_for(failed.wait(), 5)
    await local.connect()


async def test_without_a_disconnect_route_nothing_is_called(local: Local) -> None:
    await local.start(api())
    client = await local.connect()
    await client.close()
    assert local.functions.events == {}
