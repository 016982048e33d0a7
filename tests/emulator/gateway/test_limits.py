"""Limits: sizes of messages and frames, timeouts, rates."""

import asyncio

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

from pulumi_local_aws.gateway.clock import Clock
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.throttling import TokenBucket
from pulumi_local_aws.gateway.transport.timeouts import ConnectionTimeouts
from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import api, ok, two_way

KIB = 1024


async def echo(harness: GatewayHarness, clock: Clock | None = None) -> ClientConnection:
    await harness.start(api(two_way("$default", "echo")), clock=clock, echo=lambda event: ok(event["body"]))
    return await harness.connect(max_size=None)


async def closed(client: ClientConnection) -> int | None:
    await asyncio.wait_for(client.wait_closed(), 10)
    return client.close_code


async def test_a_frame_of_32_kb_is_accepted(harness: GatewayHarness) -> None:
    client = await echo(harness)
    await client.send("x" * 32 * KIB)
    assert len(await client.recv()) == 32 * KIB


async def test_a_larger_frame_closes_with_1009(harness: GatewayHarness) -> None:
    client = await echo(harness)
    await client.send("x" * (32 * KIB + 1))
    assert await closed(client) == 1009


async def test_a_message_of_128_kb_in_frames_is_accepted(harness: GatewayHarness) -> None:
    client = await echo(harness)
    await client.send(["x" * 32 * KIB] * 4)
    assert len(await client.recv()) == 128 * KIB


async def test_a_larger_message_closes_with_1009(harness: GatewayHarness) -> None:
    client = await echo(harness)
    await client.send([*["x" * 32 * KIB] * 4, "x"])
    assert await closed(client) == 1009


async def test_the_gateway_sends_frames_of_at_most_32_kb(harness: GatewayHarness) -> None:
    await harness.start(api(two_way("$default", "big")), big=lambda _: ok("é" * 50 * KIB))
    client = await harness.connect()
    await client.send("x")
    sizes = [len(fragment) async for fragment in client.recv_streaming(decode=False)]
    assert sum(sizes) == 100 * KIB
    assert max(sizes) <= 32 * KIB


async def test_a_binary_frame_closes_with_1003(harness: GatewayHarness) -> None:
    client = await echo(harness)
    await client.send(b"binary")
    assert await closed(client) == 1003
    assert harness.events("echo") == []


async def test_invalid_utf_8_closes_with_1007(harness: GatewayHarness) -> None:
    client = await echo(harness)
    client.transport.write(Frame(Opcode.TEXT, b"\xff").serialize(mask=True))
    assert await closed(client) == 1007


async def test_a_ping_is_answered_with_a_pong(harness: GatewayHarness) -> None:
    client = await echo(harness)
    await asyncio.wait_for(await client.ping(), 5)


@pytest.mark.parametrize("limits", [Limits(), Limits(idle_seconds=9e9, duration_seconds=600)])
async def test_idle_and_long_connections_are_closed_with_1001(
    harness: GatewayHarness, limits: Limits
) -> None:
    await harness.start(api(), clock=Clock(1e6), limits=limits)
    client = await harness.connect()
    assert await closed(client) == 1001
    assert client.close_reason == "Going away"


async def test_the_time_factor_can_be_raised_while_connections_are_open(harness: GatewayHarness) -> None:
    client = await echo(harness)
    async with harness.http.post(f"{harness.gateway.admin_url}/clock", json={"factor": 1e6}) as answer:
        assert answer.status == 200
    assert await closed(client) == 1001


class TimedConnection:
    """Timeouts with a clock that a test sets; the loop's timers fire at once."""

    def __init__(self, limits: Limits) -> None:
        self._now = 0.0
        self.causes: list[str] = []
        self.timeouts = ConnectionTimeouts(
            Clock(1e9, monotonic=lambda: self._now / 1e9), limits, self.causes.append
        )
        self.timeouts.start()

    async def at(self, seconds: float) -> list[str]:
        self._now = seconds
        for _ in range(20):
            await asyncio.sleep(0.0001)
        return self.causes


async def test_a_message_restarts_the_idle_time() -> None:
    connection = TimedConnection(Limits())
    assert await connection.at(599) == []
    connection.timeouts.record_activity()
    assert await connection.at(1198) == []
    assert await connection.at(1200) == ["idle"]


async def test_messages_do_not_extend_the_two_hours() -> None:
    connection = TimedConnection(Limits())
    for second in range(0, 7200, 300):
        assert await connection.at(second) == []
        connection.timeouts.record_activity()
    assert await connection.at(7201) == ["duration"]


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    now = [0.0]
    bucket = TokenBucket(2, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [bucket.take(), bucket.take()] == [True, False]
    now[0] = 60
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("factor", [0, -1, float("nan")])
def test_a_time_factor_must_be_above_zero(factor: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        Clock(factor)
