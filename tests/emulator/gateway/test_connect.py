"""`$connect`: what the function sees, and what refuses or accepts the upgrade."""

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from pulumi_local_aws.gateway.api.model import Stage, Throttle
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.runtime import Served
from tests.emulator.gateway.conftest import Local
from tests.emulator.gateway.fakes import API_ID, STAGE, Event, FunctionError, api, ok, one_way, two_way


async def refusal(local: Local, url: str | None = None) -> tuple[int, dict[str, Any]]:
    """The status and body that the upgrade was refused with."""
    with pytest.raises(InvalidStatus) as refused:
        await local.connect(url)
    response = refused.value.response
    return response.status_code, json.loads(response.body or b"{}")


async def test_without_a_connect_route_everybody_is_accepted(local: Local) -> None:
    await local.start(api())
    await local.connect()


@pytest.mark.parametrize("status", [400, 401, 403, 500])
async def test_a_status_other_than_2xx_refuses_the_upgrade_with_it(local: Local, status: int) -> None:
    await local.start(api(one_way("$connect", "connect")), connect=lambda _: {"statusCode": status})
    assert (await refusal(local))[0] == status
    assert not list(local.gateway.runtime.open_connections())


async def test_a_connect_function_that_raises_is_502(local: Local) -> None:
    def fail(_: Event) -> object:
        raise FunctionError("no")

    await local.start(api(one_way("$connect", "fail")), fail=fail)
    status, body = await refusal(local)
    assert (status, body["message"]) == (502, "Internal server error")


async def test_a_connect_function_that_takes_too_long_is_504(local: Local) -> None:
    async def never(_: Event) -> object:
        await asyncio.Event().wait()
        return None

    await local.start(api(one_way("$connect", "never")), limits=Limits(integration_seconds=0.05), never=never)
    assert (await refusal(local))[0] == 504


@pytest.mark.parametrize(
    "path",
    [
        "/_aws/execute-api/other/live",
        f"/_aws/execute-api/{API_ID}/other",
        f"/{API_ID}/live/more",
        "/",
        f"/{API_ID}",
    ],
)
async def test_another_api_stage_or_path_is_forbidden(local: Local, path: str) -> None:
    gateway = await local.start(api())
    status, body = await refusal(local, f"ws://127.0.0.1:{gateway.port}{path}")
    assert (status, body["message"]) == (403, "Forbidden")


@pytest.mark.parametrize(
    "path", [f"/{API_ID}/{STAGE}", f"/_aws/execute-api/{API_ID}/{STAGE}", f"/{API_ID}/{STAGE}/"]
)
async def test_both_path_forms_address_a_stage(local: Local, path: str) -> None:
    gateway = await local.start(api())
    await local.connect(f"ws://127.0.0.1:{gateway.port}{path}")


async def test_the_host_addresses_an_api_as_on_aws(local: Local) -> None:
    gateway = await local.start(api(one_way("$connect", "connect")), connect=lambda _: ok())
    host = f"{API_ID}.execute-api.localhost"
    await local.connect(f"ws://{host}:{gateway.port}/{STAGE}", host="127.0.0.1")
    assert local.events("connect")[0]["requestContext"]["domainName"] == f"{host}:{gateway.port}"


def test_a_gateway_can_be_limited_to_one_api_and_stage() -> None:
    assert Served().includes("any", "any")
    assert Served(api_id="a", stage="s").includes("a", "s")
    assert not Served(api_id="a").includes("b", "s")
    assert not Served(stage="s").includes("a", "t")


async def test_the_integration_chooses_the_subprotocol(local: Local) -> None:
    await local.start(
        api(one_way("$connect", "connect")),
        connect=lambda _: ok(headers={"sec-websocket-protocol": "chat.v1"}),
    )
    client = await local.connect(subprotocols=["other", "chat.v1"])
    assert client.subprotocol == "chat.v1"
    assert local.events("connect")[0]["headers"]["Sec-WebSocket-Protocol"] == "other, chat.v1"


async def test_no_subprotocol_is_negotiated_unless_the_integration_does(local: Local) -> None:
    await local.start(api())
    client = await local.connect(subprotocols=["chat.v1"])
    assert client.subprotocol is None


async def test_no_compression_is_negotiated(local: Local) -> None:
    await local.start(api())
    client = await local.connect(compression="deflate")
    assert client.response is not None
    assert "Sec-WebSocket-Extensions" not in client.response.headers


@pytest.mark.parametrize("version", ["13", "12"])
async def test_an_upgrade_that_is_none_reaches_no_function(local: Local, version: str) -> None:
    await local.start(api(one_way("$connect", "connect")), connect=lambda _: ok())
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": version}
    async with local.http.get(local.url().replace("ws://", "http://"), headers=headers) as answer:
        assert answer.status == 400
    assert local.events("connect") == []


async def test_a_url_above_4096_characters_is_refused(local: Local) -> None:
    await local.start(api())
    rest = 4096 - len(local.url("?t=")) - len("s")
    await local.connect(local.url("?t=" + "x" * rest))
    assert (await refusal(local, local.url("?t=" + "x" * (rest + 1))))[0] == 414


async def test_new_connections_above_the_rate_are_refused_with_429(local: Local) -> None:
    await local.start(api(), limits=Limits(new_connections_per_second=1))
    await local.connect()
    assert (await refusal(local))[0] == 429


async def test_a_throttled_connect_route_is_429(local: Local) -> None:
    stage = Stage(name=STAGE, throttle=Throttle(rate=0.001, burst=1))
    await local.start(api(one_way("$connect", "connect"), stage=stage), connect=lambda _: ok())
    await local.connect()
    assert (await refusal(local))[0] == 429


async def test_a_change_is_served_at_the_next_connect(local: Local) -> None:
    await local.start(api(), max_age=0, connect=lambda _: {"statusCode": 403})
    await local.connect()
    local.control_plane.api = api(one_way("$connect", "connect"))
    assert (await refusal(local))[0] == 403


async def test_connecting_at_once_shares_one_read(local: Local) -> None:
    await local.start(api())
    await asyncio.gather(*(local.connect() for _ in range(5)))
    assert local.control_plane.reads == 1


async def test_a_function_that_is_missing_is_an_internal_server_error(local: Local) -> None:
    await local.start(api(one_way("$connect", "missing")))
    assert (await refusal(local))[0] == 500


async def test_a_control_plane_that_does_not_answer_is_an_internal_server_error(local: Local) -> None:
    await local.start(api())
    local.control_plane.broken = True
    assert (await refusal(local))[0] == 500


async def test_functions_are_called_in_the_name_of_their_route(local: Local) -> None:
    await local.start(
        api(one_way("$connect", "connect"), two_way("go", "go")), connect=lambda _: ok(), go=lambda _: ok("x")
    )
    client = await local.connect()
    await client.send('{"action":"go"}')
    await client.recv()
    root = f"arn:aws:execute-api:us-east-1:000000000000:{API_ID}/{STAGE}"
    assert local.functions.sources == [f"{root}/$connect", f"{root}/go"]


async def test_a_client_that_leaves_while_connecting_is_reported_as_disconnected(local: Local) -> None:
    arrived, go_on, told = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def connect(_: Event) -> object:
        arrived.set()
        await go_on.wait()
        return ok()

    def disconnect(_: Event) -> object:
        told.set()
        return ok()

    await local.start(
        api(one_way("$connect", "connect"), one_way("$disconnect", "disconnect")),
        connect=connect,
        disconnect=disconnect,
    )
    connecting = asyncio.create_task(local.connect())
    await arrived.wait()
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)
    go_on.set()
    await asyncio.wait_for(told.wait(), 5)
    assert local.events("disconnect")[0]["requestContext"]["disconnectStatusCode"] == 1006
