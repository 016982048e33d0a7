"""Faults on request, and the rest of the admin interface."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosedError

from pulumi_local_aws.gateway.faults import Fault, FaultRuleError, Faults, Rule, read_rules
from tests.emulator.gateway.conftest import Local
from tests.emulator.gateway.fakes import Event, api, ok, one_way, two_way


class Disconnects:
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
async def disconnects(local: Local) -> Disconnects:
    disconnects = Disconnects()
    await local.start(api(one_way("$disconnect", "told")), told=disconnects)
    return disconnects


async def leave(local: Local) -> str:
    client = await local.connect()
    connection_id = local.connection_id
    await client.close()
    return connection_id


async def test_a_disconnect_can_be_lost(local: Local, disconnects: Disconnects) -> None:
    await local.faults({"fault": "disconnectLost", "count": 1})
    await leave(local)
    second = await leave(local)
    await disconnects.count(1)
    assert disconnects.ids == [second]


async def test_a_disconnect_can_be_doubled(local: Local, disconnects: Disconnects) -> None:
    await local.faults({"fault": "disconnectDoubled"})
    only = await leave(local)
    await disconnects.count(2)
    assert disconnects.ids == [only, only]


async def test_a_disconnect_can_be_late(local: Local, disconnects: Disconnects) -> None:
    await local.faults({"fault": "disconnectLate", "seconds": 0.2, "count": 1})
    late = await leave(local)
    prompt = await leave(local)
    await disconnects.count(2)
    assert disconnects.ids == [prompt, late]


async def test_pushes_can_be_reordered(local: Local) -> None:
    await local.start(api())
    client = await local.connect()
    await local.faults({"fault": "pushReordered", "count": 1, "seconds": 60})
    for push in (b"1", b"2", b"3"):
        assert (await local.call("POST", local.connection_id, push))[0] == 200
    assert [await client.recv() for _ in range(3)] == ["2", "1", "3"]


async def test_a_push_that_nothing_overtakes_arrives_in_the_end(local: Local) -> None:
    await local.start(api())
    client = await local.connect()
    await local.faults({"fault": "pushReordered", "count": 1, "seconds": 0.01})
    await local.call("POST", local.connection_id, b"1")
    assert await client.recv() == "1"


@pytest.mark.parametrize(("fault", "calls"), [("cutBefore", 0), ("cutAfter", 1)])
async def test_a_reply_can_be_cut_off_before_or_after_the_integration_ran(
    local: Local, fault: str, calls: int
) -> None:
    await local.start(
        api(two_way("go", "go"), two_way("$default", "other")), go=lambda _: ok("x"), other=lambda _: ok("y")
    )
    await local.faults({"fault": fault, "route": "go"})
    client = await local.connect()
    await client.send("not this route")
    assert await client.recv() == "y"
    await client.send('{"action":"go"}')
    with pytest.raises(ConnectionClosedError) as closed:
        await client.recv()
    assert closed.value.rcvd is None
    assert len(local.events("go")) == calls


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("callbackGone", (410, "GoneException")),
        ("callbackTooLarge", (413, "PayloadTooLargeException")),
        ("callbackThrottled", (429, "LimitExceededException")),
    ],
)
async def test_callbacks_can_fail(local: Local, fault: str, answer: tuple[int, str]) -> None:
    await local.start(api())
    client = await local.connect()
    await local.faults({"fault": fault, "connection": local.connection_id, "count": 1})
    assert (await local.call("POST", local.connection_id, b"1"))[:2] == answer
    assert (await local.call("POST", local.connection_id, b"2"))[0] == 200
    assert await client.recv() == "2"


async def test_callbacks_can_be_delayed(local: Local) -> None:
    await local.start(api())
    slow_client = await local.connect()
    slow_id = local.connection_id
    quick_client = await local.connect()
    (quick_id,) = {connection.id for connection in local.gateway.runtime.open_connections()} - {slow_id}
    await local.faults({"fault": "callbackDelayed", "connection": slow_id, "seconds": 0.5})
    slow = asyncio.create_task(local.call("POST", slow_id, b"slow"))
    await local.call("POST", quick_id, b"quick")
    assert await quick_client.recv() == "quick"
    assert not slow.done()
    assert await slow_client.recv() == "slow"


async def test_faults_end_when_they_are_deleted(local: Local) -> None:
    gateway = await local.start(api())
    await local.connect()
    await local.faults({"fault": "callbackGone"})
    assert (await local.call("POST", local.connection_id, b"1"))[0] == 410
    async with local.http.delete(f"{gateway.admin_url}/faults") as answer:
        assert answer.status == 200
    assert (await local.call("POST", local.connection_id, b"1"))[0] == 200


def test_chances_come_from_the_seed() -> None:
    def outcomes(seed: int) -> list[bool]:
        faults = Faults()
        faults.replace([Rule(fault=Fault.CALLBACK_GONE, probability=0.5)], seed)
        return [faults.hit((Fault.CALLBACK_GONE,), "x") is not None for _ in range(64)]

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
def test_a_wrong_rule_is_refused_with_its_reason(rules: object, message: str) -> None:
    with pytest.raises(FaultRuleError, match=message):
        read_rules(rules)


async def test_a_wrong_admin_request_is_400(local: Local) -> None:
    gateway = await local.start(api())
    for path, body in (("faults", {}), ("clock", {}), ("clock", {"factor": 0})):
        async with local.http.post(f"{gateway.admin_url}/{path}", json=body) as answer:
            assert answer.status == 400
            assert (await answer.json())["message"]
    async with local.http.post(f"{gateway.admin_url}/faults", data=b"no JSON") as answer:
        assert answer.status == 400
    async with local.http.get(f"{gateway.admin_url}/nothing") as answer:
        assert answer.status == 404


async def test_health_and_the_list_of_connections(local: Local) -> None:
    gateway = await local.start(api())
    await local.connect()
    async with local.http.get(f"{gateway.admin_url}/health") as answer:
        assert await answer.json() == {"status": "ok", "connections": 1, "timeFactor": 1.0}
    async with local.http.get(f"{gateway.admin_url}/connections") as answer:
        (listed,) = await answer.json()
    assert listed["connectionId"] == local.connection_id
    assert (listed["apiId"], listed["stage"]) == ("abc123", "live")


async def test_a_connection_can_be_cut_as_a_network_would(local: Local) -> None:
    gateway = await local.start(api())
    client = await local.connect()
    url = f"{gateway.admin_url}/connections/{local.connection_id}"
    async with local.http.delete(url) as answer:
        assert answer.status == 204
    await client.wait_closed()
    assert client.close_code == 1006
    async with local.http.delete(url) as answer:
        assert answer.status == 404
