"""`$connect`: the event of the function, and which results refuse or accept the upgrade."""

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from pulumi_local_aws.gateway.api.cache import ApiFilter
from pulumi_local_aws.gateway.api.model import Api, Stage, Throttle
from pulumi_local_aws.gateway.limits import Limits
from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import API_ID, STAGE, Event, FunctionError, api, ok, one_way, two_way


async def refusal(harness: GatewayHarness, url: str | None = None) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of the refused upgrade."""
    with pytest.raises(InvalidStatus) as refused:
        await harness.connect(url)
    response = refused.value.response
    return response.status_code, json.loads(response.body or b"{}")


async def test_without_a_connect_route_every_connection_is_accepted(harness: GatewayHarness) -> None:
    await harness.start(api())
    await harness.connect()


@pytest.mark.parametrize("status", [400, 401, 403, 500])
async def test_a_status_other_than_2xx_refuses_the_upgrade_with_it(
    harness: GatewayHarness, status: int
) -> None:
    await harness.start(api(one_way("$connect", "connect")), connect=lambda _: {"statusCode": status})
    assert (await refusal(harness))[0] == status
    assert not list(harness.gateway.runtime.open_connections())


async def test_a_connect_function_that_raises_is_502(harness: GatewayHarness) -> None:
    def fail(_: Event) -> object:
        raise FunctionError("no")

    await harness.start(api(one_way("$connect", "fail")), fail=fail)
    status, body = await refusal(harness)
    assert (status, body["message"]) == (502, "Internal server error")


async def test_a_connect_function_that_exceeds_the_timeout_is_504(harness: GatewayHarness) -> None:
    async def never(_: Event) -> object:
        await asyncio.Event().wait()
        return None

    await harness.start(
        api(one_way("$connect", "never")), limits=Limits(integration_seconds=0.05), never=never
    )
    assert (await refusal(harness))[0] == 504


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
async def test_another_api_stage_or_path_is_forbidden(harness: GatewayHarness, path: str) -> None:
    gateway = await harness.start(api())
    status, body = await refusal(harness, f"ws://127.0.0.1:{gateway.port}{path}")
    assert (status, body["message"]) == (403, "Forbidden")


@pytest.mark.parametrize(
    "path", [f"/{API_ID}/{STAGE}", f"/_aws/execute-api/{API_ID}/{STAGE}", f"/{API_ID}/{STAGE}/"]
)
async def test_both_path_forms_address_a_stage(harness: GatewayHarness, path: str) -> None:
    gateway = await harness.start(api())
    await harness.connect(f"ws://127.0.0.1:{gateway.port}{path}")


async def test_the_host_addresses_an_api_as_on_aws(harness: GatewayHarness) -> None:
    gateway = await harness.start(api(one_way("$connect", "connect")), connect=lambda _: ok())
    host = f"{API_ID}.execute-api.localhost"
    await harness.connect(f"ws://{host}:{gateway.port}/{STAGE}", host="127.0.0.1")
    assert harness.events("connect")[0]["requestContext"]["domainName"] == f"{host}:{gateway.port}"


def test_a_gateway_can_be_limited_to_one_api_and_stage() -> None:
    stages = {name: Stage(name=name) for name in ("s", "t")}
    api_a, api_b = Api(api_id="a", stages=stages), Api(api_id="b", stages=stages)

    def served(api_filter: ApiFilter, served_api: Api) -> set[str] | None:
        filtered = api_filter.apply(served_api)
        return None if filtered is None else set(filtered.stages)

    assert served(ApiFilter(), api_a) == {"s", "t"}
    assert served(ApiFilter(api_id="a", stage="s"), api_a) == {"s"}
    assert served(ApiFilter(api_id="a"), api_b) is None
    assert served(ApiFilter(stage="u"), api_a) == set()


async def test_an_api_that_the_gateway_does_not_serve_is_forbidden(harness: GatewayHarness) -> None:
    await harness.start(api(), served=ApiFilter(api_id="other"))
    status, body = await refusal(harness)
    assert (status, body["message"]) == (403, "Forbidden")


async def test_the_integration_selects_the_subprotocol(harness: GatewayHarness) -> None:
    await harness.start(
        api(one_way("$connect", "connect")),
        connect=lambda _: ok(headers={"sec-websocket-protocol": "chat.v1"}),
    )
    client = await harness.connect(subprotocols=["other", "chat.v1"])
    assert client.subprotocol == "chat.v1"
    assert harness.events("connect")[0]["headers"]["Sec-WebSocket-Protocol"] == "other, chat.v1"


async def test_without_the_integrations_header_no_subprotocol_is_negotiated(harness: GatewayHarness) -> None:
    await harness.start(api())
    client = await harness.connect(subprotocols=["chat.v1"])
    assert client.subprotocol is None


async def test_no_compression_is_negotiated(harness: GatewayHarness) -> None:
    await harness.start(api())
    client = await harness.connect(compression="deflate")
    assert client.response is not None
    assert "Sec-WebSocket-Extensions" not in client.response.headers


@pytest.mark.parametrize("version", ["13", "12"])
async def test_an_invalid_upgrade_request_reaches_no_function(harness: GatewayHarness, version: str) -> None:
    await harness.start(api(one_way("$connect", "connect")), connect=lambda _: ok())
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": version}
    async with harness.http.get(harness.url().replace("ws://", "http://"), headers=headers) as answer:
        assert answer.status == 400
    assert harness.events("connect") == []


async def test_a_url_above_4096_characters_is_refused(harness: GatewayHarness) -> None:
    await harness.start(api())
    rest = 4096 - len(harness.url("?t=")) - len("s")
    await harness.connect(harness.url("?t=" + "x" * rest))
    assert (await refusal(harness, harness.url("?t=" + "x" * (rest + 1))))[0] == 414


async def test_new_connections_above_the_rate_are_refused_with_429(harness: GatewayHarness) -> None:
    await harness.start(api(), limits=Limits(new_connections_per_second=1))
    await harness.connect()
    assert (await refusal(harness))[0] == 429


async def test_a_throttled_connect_route_is_429(harness: GatewayHarness) -> None:
    stage = Stage(name=STAGE, throttle=Throttle(rate=0.001, burst=1))
    await harness.start(api(one_way("$connect", "connect"), stage=stage), connect=lambda _: ok())
    await harness.connect()
    assert (await refusal(harness))[0] == 429


async def test_a_change_is_served_at_the_next_connect(harness: GatewayHarness) -> None:
    await harness.start(api(), max_age_seconds=0, connect=lambda _: {"statusCode": 403})
    await harness.connect()
    harness.control_plane.api = api(one_way("$connect", "connect"))
    assert (await refusal(harness))[0] == 403


async def test_concurrent_connects_share_one_read(harness: GatewayHarness) -> None:
    await harness.start(api())
    await asyncio.gather(*(harness.connect() for _ in range(5)))
    assert harness.control_plane.reads == 1


async def test_a_missing_function_is_an_internal_server_error(harness: GatewayHarness) -> None:
    await harness.start(api(one_way("$connect", "missing")))
    assert (await refusal(harness))[0] == 500


async def test_an_unavailable_control_plane_is_an_internal_server_error(harness: GatewayHarness) -> None:
    await harness.start(api())
    harness.control_plane.is_unavailable = True
    assert (await refusal(harness))[0] == 500


async def test_functions_are_invoked_with_the_arn_of_their_route(harness: GatewayHarness) -> None:
    await harness.start(
        api(one_way("$connect", "connect"), two_way("go", "go")), connect=lambda _: ok(), go=lambda _: ok("x")
    )
    client = await harness.connect()
    await client.send('{"action":"go"}')
    await client.recv()
    root = f"arn:aws:execute-api:us-east-1:000000000000:{API_ID}/{STAGE}"
    assert harness.functions.source_arns == [f"{root}/$connect", f"{root}/go"]


async def test_a_client_that_disconnects_while_connecting_runs_the_disconnect_route(
    harness: GatewayHarness,
) -> None:
    arrived, go_on, disconnected = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def connect(_: Event) -> object:
        arrived.set()
        await go_on.wait()
        return ok()

    def disconnect(_: Event) -> object:
        disconnected.set()
        return ok()

    await harness.start(
        api(one_way("$connect", "connect"), one_way("$disconnect", "disconnect")),
        connect=connect,
        disconnect=disconnect,
    )
    connecting = asyncio.create_task(harness.connect())
    await arrived.wait()
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)
    go_on.set()
    await asyncio.wait_for(disconnected.wait(), 5)
    assert harness.events("disconnect")[0]["requestContext"]["disconnectStatusCode"] == 1006
