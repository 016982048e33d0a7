"""`$disconnect`: runs once, with the code and reason of the side that closed first."""

import asyncio

import pytest

from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import Event, FunctionError, api, ok, one_way


class DisconnectFunction:
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
async def disconnect(harness: GatewayHarness) -> DisconnectFunction:
    disconnect = DisconnectFunction()
    await harness.start(api(one_way("$disconnect", "disconnect")), disconnect=disconnect)
    return disconnect


async def test_the_event_has_aws_shape(harness: GatewayHarness, disconnect: DisconnectFunction) -> None:
    client = await harness.connect()
    connection_id = harness.connection_id
    await client.close(4001, "enough")
    event = await disconnect.event()
    assert sorted(event) == ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"]
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$disconnect", "DISCONNECT")
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (4001, "enough")
    assert context["connectionId"] == connection_id
    assert "messageId" not in context


async def test_a_close_without_a_code_is_1005(
    harness: GatewayHarness, disconnect: DisconnectFunction
) -> None:
    client = await harness.connect()
    client.protocol.send_close()
    client.transport.write(b"".join(client.protocol.data_to_send()))
    context = (await disconnect.event())["requestContext"]
    assert context["disconnectStatusCode"] == 1005
    assert context["disconnectReason"] == "Client-side close frame status not set"


async def test_an_aborted_connection_is_1006(harness: GatewayHarness, disconnect: DisconnectFunction) -> None:
    client = await harness.connect()
    client.transport.abort()
    assert await disconnect.code() == 1006


async def test_the_shutdown_closes_with_1001_and_runs_the_disconnect_route(
    harness: GatewayHarness, disconnect: DisconnectFunction
) -> None:
    client = await harness.connect()
    await harness.gateway.__aexit__(None, None, None)
    await client.wait_closed()
    assert client.close_code == 1001
    assert await disconnect.code() == 1001


async def test_a_failing_disconnect_function_leaves_the_gateway_serving(harness: GatewayHarness) -> None:
    failed = asyncio.Event()

    def fail(_: Event) -> object:
        failed.set()
        raise FunctionError("no")

    await harness.start(api(one_way("$disconnect", "fail")), fail=fail)
    client = await harness.connect()
    await client.close()
    await asyncio.wait_for(failed.wait(), 5)
    await harness.connect()


async def test_without_a_disconnect_route_no_function_is_invoked(harness: GatewayHarness) -> None:
    await harness.start(api())
    client = await harness.connect()
    await client.close()
    assert harness.functions.events == {}
