"""Hostile input: exceptions, header sizes and foreign web pages."""

import asyncio
import json

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

from pulumi_local_aws.gateway.local_origin import admin_refusal, host_refusal, page_refusal
from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import Event, api, ok, one_way, two_way


async def connect_echo(harness: GatewayHarness) -> ClientConnection:
    await harness.start(api(two_way("$default", "echo")), echo=lambda event: ok(event["body"]))
    return await harness.connect()


def write(client: ClientConnection, *frames: Frame) -> None:
    client.transport.write(b"".join(frame.serialize(mask=True) for frame in frames))


async def close_code(client: ClientConnection) -> int | None:
    await asyncio.wait_for(client.wait_closed(), 10)
    return client.close_code


async def test_deeply_nested_json_gets_a_reply(harness: GatewayHarness) -> None:
    client = await connect_echo(harness)
    message = "[" * 10_000 + "]" * 10_000
    await client.send(message)
    assert await asyncio.wait_for(client.recv(), 10) == message


async def test_an_unexpected_exception_is_an_internal_server_error(harness: GatewayHarness) -> None:
    def raise_bug(_: Event) -> object:
        raise ZeroDivisionError

    await harness.start(api(two_way("$default", "bug")), bug=raise_bug)
    client = await harness.connect()
    connection_id = harness.connection_id
    await client.send("x")
    frame = json.loads(await asyncio.wait_for(client.recv(), 10))
    assert list(frame) == ["message", "connectionId", "requestId"]
    assert (frame["message"], frame["connectionId"]) == ("Internal server error", connection_id)


async def test_a_reply_that_is_not_encodable_is_an_internal_server_error(harness: GatewayHarness) -> None:
    await harness.start(api(two_way("$default", "go")), go=lambda _: ok("\ud800"))
    client = await harness.connect()
    await client.send("x")
    assert json.loads(await asyncio.wait_for(client.recv(), 10))["message"] == "Internal server error"


async def test_an_unexpected_exception_in_connect_is_500(harness: GatewayHarness) -> None:
    def raise_bug(_: Event) -> object:
        raise ZeroDivisionError

    gateway = await harness.start(api(one_way("$connect", "bug")), bug=raise_bug)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(upgrade_request(gateway.port, {}))
    assert b" 500 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()


def upgrade_request(port: int, headers: dict[str, str]) -> bytes:
    fields = {
        "Host": f"127.0.0.1:{port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"GET /abc123/live HTTP/1.1\r\n{lines}\r\n".encode()


@pytest.mark.parametrize(("excess", "status"), [(0, b" 101 "), (1, b" 431 ")])
async def test_headers_have_at_most_10240_bytes(harness: GatewayHarness, excess: int, status: bytes) -> None:
    gateway = await harness.start(api())
    head = upgrade_request(gateway.port, {"X-Long": ""}).decode()
    used = sum(len(name) + len(value) for name, value in header_pairs(head))
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(upgrade_request(gateway.port, {"X-Long": "x" * (10_240 - used + excess)}))
    assert status in await asyncio.wait_for(reader.readline(), 10)
    writer.close()


async def test_the_number_of_headers_is_not_limited(harness: GatewayHarness) -> None:
    """API Gateway documents the size of all headers only."""
    gateway = await harness.start(api())
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(upgrade_request(gateway.port, {f"X-{number}": "" for number in range(1_500)}))
    assert b" 101 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()


@pytest.mark.parametrize("line", ["X-Long: " + "x" * 20_000, "X-Long: " + "x" * 100_000])
async def test_headers_beyond_what_is_read_are_refused(harness: GatewayHarness, line: str) -> None:
    gateway = await harness.start(api())
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(upgrade_request(gateway.port, {"X-Long": line}))
    assert b" 431 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()


def header_pairs(head: str) -> list[tuple[str, str]]:
    pairs = (line.partition(": ") for line in head.split("\r\n")[1:] if line)
    return [(name, value) for name, _, value in pairs]


async def test_a_message_whose_connection_closes_between_fragments_invokes_nothing(
    harness: GatewayHarness,
) -> None:
    client = await connect_echo(harness)
    write(client, Frame(Opcode.TEXT, b"one", fin=False), Frame(Opcode.CLOSE, b"\x03\xe8"))
    assert await close_code(client) == 1000
    assert harness.events("echo") == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "127.0.0.1:4510"},
        {"Host": "localhost:4510", "Origin": "http://localhost:4510", "Sec-Fetch-Site": "same-origin"},
        {"Host": "[::1]:4510", "Sec-Fetch-Site": "none"},
    ],
)
def test_tools_and_the_gateways_own_page_are_accepted(headers: dict[str, str]) -> None:
    assert admin_refusal(headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example:4510"},
        {"Host": "127.0.0.1.example:4510"},
        {"Host": ""},
        {"Host": "127.0.0.1:4510", "Origin": "https://example.com"},
        {"Host": "127.0.0.1:4510", "Origin": "http://127.0.0.1:8080"},
        {"Host": "127.0.0.1:4510", "Origin": "null"},
        {"Host": "127.0.0.1:4510", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_a_foreign_web_page_cannot_use_the_admin_interface(
    harness: GatewayHarness, headers: dict[str, str]
) -> None:
    assert admin_refusal(headers) is not None
    gateway = await harness.start(api())
    async with harness.http.post(
        f"{gateway.admin_url}/clock", data='{"factor": 60}', headers=headers
    ) as response:
        assert response.status == 403
    assert gateway.runtime.clock.factor == 1


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/abc123/live/@connections/{id}", "/_aws/execute-api/abc123/live", "/other"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example:4510"},
        {"Origin": "https://example.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_a_foreign_web_page_can_use_no_path(
    harness: GatewayHarness, headers: dict[str, str], path: str, method: str
) -> None:
    client = await connect_echo(harness)
    gateway = harness.gateway
    url = f"http://127.0.0.1:{gateway.port}{path.format(id=harness.connection_id)}"
    async with harness.http.request(method, url, data=b"{}", headers=headers) as response:
        assert response.status == 403
        assert next(iter(headers)) in await response.text()
    await client.send("still open")
    assert await asyncio.wait_for(client.recv(), 10) == "still open"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("rebound.example", b" 403 "),
        ("127.0.0.1.example", b" 403 "),
        ("localhost", b" 101 "),
        ("host.docker.internal:4610", b" 101 "),
    ],
)
async def test_a_rebound_name_cannot_connect(harness: GatewayHarness, host: str, status: bytes) -> None:
    gateway = await harness.start(api())
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(upgrade_request(gateway.port, {"Host": host}))
    assert status in await asyncio.wait_for(reader.readline(), 10)
    writer.close()


async def test_a_foreign_page_may_connect_and_the_authorizer_decides(harness: GatewayHarness) -> None:
    gateway = await harness.start(api())
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(upgrade_request(gateway.port, {"Origin": "https://example.com"}))
    assert b" 101 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:4510",
        "[::1]:4510",
        "10.0.0.7:4510",
        "gateway:4510",
        "abc.execute-api.localhost:4510",
        "abc.execute-api.eu-central-1.amazonaws.com",
        "abc.execute-api.localhost.localstack.cloud:4566",
    ],
)
def test_names_that_no_page_can_rebind_are_accepted(host: str) -> None:
    assert host_refusal(host) is None
    assert (
        page_refusal({"Host": host, "Origin": "http://localhost:5173", "Sec-Fetch-Site": "cross-site"})
        is None
    )


@pytest.mark.parametrize("host", ["", "example.com", "amazonaws.com.example", "[::1", "notamazonaws.com"])
def test_names_that_a_page_can_rebind_are_refused(host: str) -> None:
    assert host_refusal(host) is not None
