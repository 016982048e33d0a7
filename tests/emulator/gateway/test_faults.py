"""Fault injection, and the rest of the admin interface."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosedError

from pulumi_local_aws.gateway.faults import Fault, FaultRule, FaultRuleError, Faults, read_rules
from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import Event, api, ok, one_way, two_way


class DisconnectCounter:
    """Counts `$disconnect`s and can be awaited."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._changed = asyncio.Condition()

    async def __call__(self, event: Event) -> object:
        async with self._changed:
            self.ids.append(event["requestContext"]["connectionId"])
            self._changed.notify_all()
        return ok()

    async def count(self, number: int) -> None:
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: len(self.ids) >= number)


@pytest.fixture
async def disconnects(harness: GatewayHarness) -> DisconnectCounter:
    disconnects = DisconnectCounter()
    await harness.start(api(one_way("$disconnect", "disconnect")), disconnect=disconnects)
    return disconnects


async def connect_and_close(harness: GatewayHarness) -> str:
    client = await harness.connect()
    connection_id = harness.connection_id
    await client.close()
    return connection_id


async def test_a_disconnect_can_be_lost(harness: GatewayHarness, disconnects: DisconnectCounter) -> None:
    await harness.set_faults({"fault": "disconnectLost", "count": 1})
    await connect_and_close(harness)
    second = await connect_and_close(harness)
    await disconnects.count(1)
    assert disconnects.ids == [second]


async def test_a_disconnect_can_be_doubled(harness: GatewayHarness, disconnects: DisconnectCounter) -> None:
    await harness.set_faults({"fault": "disconnectDoubled"})
    only = await connect_and_close(harness)
    await disconnects.count(2)
    assert disconnects.ids == [only, only]


async def test_a_disconnect_can_be_late(harness: GatewayHarness, disconnects: DisconnectCounter) -> None:
    await harness.set_faults({"fault": "disconnectLate", "seconds": 0.2, "count": 1})
    late = await connect_and_close(harness)
    prompt = await connect_and_close(harness)
    await disconnects.count(2)
    assert disconnects.ids == [prompt, late]


async def test_pushes_can_be_reordered(harness: GatewayHarness) -> None:
    await harness.start(api())
    client = await harness.connect()
    await harness.set_faults({"fault": "pushReordered", "count": 1, "seconds": 60})
    for push in (b"1", b"2", b"3"):
        assert (await harness.call_management_api("POST", harness.connection_id, push))[0] == 200
    assert [await client.recv() for _ in range(3)] == ["2", "1", "3"]


async def test_a_push_that_no_other_overtakes_is_sent_after_the_delay(harness: GatewayHarness) -> None:
    await harness.start(api())
    client = await harness.connect()
    await harness.set_faults({"fault": "pushReordered", "count": 1, "seconds": 0.01})
    await harness.call_management_api("POST", harness.connection_id, b"1")
    assert await client.recv() == "1"


@pytest.mark.parametrize(("fault", "calls"), [("abortBefore", 0), ("abortAfter", 1)])
async def test_a_connection_can_be_aborted_before_or_after_the_integration(
    harness: GatewayHarness, fault: str, calls: int
) -> None:
    await harness.start(
        api(two_way("go", "go"), two_way("$default", "other")), go=lambda _: ok("x"), other=lambda _: ok("y")
    )
    await harness.set_faults({"fault": fault, "route": "go"})
    client = await harness.connect()
    await client.send("not this route")
    assert await client.recv() == "y"
    await client.send('{"action":"go"}')
    with pytest.raises(ConnectionClosedError) as closed:
        await client.recv()
    assert closed.value.rcvd is None
    assert len(harness.events("go")) == calls


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("callbackGone", (410, "GoneException")),
        ("callbackTooLarge", (413, "PayloadTooLargeException")),
        ("callbackThrottled", (429, "LimitExceededException")),
    ],
)
async def test_callbacks_can_fail(harness: GatewayHarness, fault: str, answer: tuple[int, str]) -> None:
    await harness.start(api())
    client = await harness.connect()
    await harness.set_faults({"fault": fault, "connection": harness.connection_id, "count": 1})
    assert (await harness.call_management_api("POST", harness.connection_id, b"1"))[:2] == answer
    assert (await harness.call_management_api("POST", harness.connection_id, b"2"))[0] == 200
    assert await client.recv() == "2"


async def test_callbacks_can_be_delayed(harness: GatewayHarness) -> None:
    await harness.start(api())
    slow_client = await harness.connect()
    slow_id = harness.connection_id
    quick_client = await harness.connect()
    (quick_id,) = {connection.id for connection in harness.gateway.runtime.open_connections()} - {slow_id}
    await harness.set_faults({"fault": "callbackDelayed", "connection": slow_id, "seconds": 0.5})
    slow = asyncio.create_task(harness.call_management_api("POST", slow_id, b"slow"))
    await harness.call_management_api("POST", quick_id, b"quick")
    assert await quick_client.recv() == "quick"
    assert not slow.done()
    assert await slow_client.recv() == "slow"


async def test_deleted_faults_no_longer_apply(harness: GatewayHarness) -> None:
    gateway = await harness.start(api())
    await harness.connect()
    await harness.set_faults({"fault": "callbackGone"})
    assert (await harness.call_management_api("POST", harness.connection_id, b"1"))[0] == 410
    async with harness.http.delete(f"{gateway.admin_url}/faults") as answer:
        assert answer.status == 200
    assert (await harness.call_management_api("POST", harness.connection_id, b"1"))[0] == 200


def test_the_seed_determines_the_probabilities() -> None:
    def outcomes(seed: int) -> list[bool]:
        faults = Faults()
        faults.replace([FaultRule(fault=Fault.CALLBACK_GONE, probability=0.5)], seed)
        return [faults.match((Fault.CALLBACK_GONE,), "x") is not None for _ in range(64)]

    assert outcomes(1) == outcomes(1)
    assert outcomes(1) != outcomes(2)
    assert 10 < sum(outcomes(1)) < 54


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({}, "must be a list"),
        ([{"fault": "disconnectLost", "often": 1}], "unknown key 'often'"),
        ([{"fault": "explode"}], "fault: 'explode'; allowed: disconnectLost"),
        ([{"fault": "disconnectLost", "count": -1}], "count: -1"),
        ([{"fault": "disconnectLost", "route": 1}], "route: 1"),
    ],
)
def test_an_invalid_rule_is_rejected_with_its_reason(rules: object, message: str) -> None:
    with pytest.raises(FaultRuleError, match=message):
        read_rules(rules)


async def test_an_invalid_admin_request_is_400(harness: GatewayHarness) -> None:
    gateway = await harness.start(api())
    for path, body in (("faults", {}), ("clock", {}), ("clock", {"factor": 0})):
        async with harness.http.post(f"{gateway.admin_url}/{path}", json=body) as answer:
            assert answer.status == 400
            assert (await answer.json())["message"]
    async with harness.http.post(f"{gateway.admin_url}/faults", data=b"no JSON") as answer:
        assert answer.status == 400
    async with harness.http.get(f"{gateway.admin_url}/nothing") as answer:
        assert answer.status == 404


async def test_health_and_the_list_of_connections(harness: GatewayHarness) -> None:
    gateway = await harness.start(api())
    await harness.connect()
    async with harness.http.get(f"{gateway.admin_url}/health") as answer:
        assert await answer.json() == {"status": "ok", "connections": 1, "timeFactor": 1.0}
    async with harness.http.get(f"{gateway.admin_url}/connections") as answer:
        (listed,) = await answer.json()
    assert listed["connectionId"] == harness.connection_id
    assert (listed["apiId"], listed["stage"]) == ("abc123", "live")


async def test_the_admin_interface_aborts_a_connection(harness: GatewayHarness) -> None:
    gateway = await harness.start(api())
    client = await harness.connect()
    url = f"{gateway.admin_url}/connections/{harness.connection_id}"
    async with harness.http.delete(url) as answer:
        assert answer.status == 204
    await client.wait_closed()
    assert client.close_code == 1006
    async with harness.http.delete(url) as answer:
        assert answer.status == 404
