"""Messages: route selection, concurrency, replies and AWS's error frames."""

import asyncio
import json
from typing import Any

import pytest

from pulumi_local_aws.gateway.api.model import Integration, Route, Stage, Throttle
from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import STAGE, Event, FunctionError, api, ok, one_way, proxy, two_way


async def test_a_route_with_a_route_response_answers_the_sender(harness: GatewayHarness) -> None:
    await harness.start(api(two_way("greet", "hello")), hello=lambda event: ok(f"hello {event['body']}"))
    client = await harness.connect()
    await client.send('{"action":"greet"}')
    assert await client.recv() == 'hello {"action":"greet"}'


async def test_a_route_without_a_route_response_stays_silent(harness: GatewayHarness) -> None:
    await harness.start(
        api(one_way("tell", "tell"), two_way("ask", "ask")),
        tell=lambda _: ok("not sent"),
        ask=lambda _: ok("sent"),
    )
    client = await harness.connect()
    await client.send('{"action":"tell"}')
    await client.send('{"action":"ask"}')
    assert await client.recv() == "sent"


async def test_two_messages_of_one_connection_run_concurrently(harness: GatewayHarness) -> None:
    both_run = asyncio.Barrier(2)

    async def meet(event: Event) -> object:
        await both_run.wait()
        return ok(event["body"])

    await harness.start(api(two_way("$default", "meet")), meet=meet)
    client = await harness.connect()
    await client.send("one")
    await client.send("two")
    assert {await client.recv(), await client.recv()} == {"one", "two"}


@pytest.mark.parametrize(
    ("expression", "message", "expected"),
    [
        ("$request.body.action", '{"action":"known"}', "known"),
        ("${request.body.action}", '{"action":"known"}', "known"),
        ("$request.body.message.kind", '{"message":{"kind":"known"}}', "known"),
        ("${request.body.items[1].kind}", '{"items":[{},{"kind":"known"}]}', "known"),
        ("$request.body.action", '{"action":"unknown"}', "default"),
        ("$request.body.action", '{"other":1}', "default"),
        ("$request.body.action", "no JSON", "default"),
        ("$request.body.action", '{"action":"$connect"}', "default"),
    ],
)
async def test_the_route_selection_expression_selects_the_route(
    harness: GatewayHarness, expression: str, message: str, expected: str
) -> None:
    routes = (two_way("known", "known"), two_way("$default", "default"), one_way("$connect", "connect"))
    await harness.start(
        api(*routes, route_selection=expression),
        known=lambda _: ok("known"),
        default=lambda _: ok("default"),
        connect=lambda _: ok(),
    )
    client = await harness.connect()
    await client.send(message)
    assert await client.recv() == expected
    assert len(harness.events("connect")) == 1


async def error_frame(harness: GatewayHarness, message: str = '{"action":"go"}') -> dict[str, Any]:
    client = await harness.connect()
    connection_id = harness.connection_id
    await client.send(message)
    frame: dict[str, Any] = json.loads(await client.recv())
    assert list(frame) == ["message", "connectionId", "requestId"]
    assert frame["connectionId"] == connection_id
    assert len(frame["requestId"]) == 16
    return frame


async def test_a_message_without_route_and_without_default_is_forbidden(harness: GatewayHarness) -> None:
    await harness.start(api(one_way("known", "known")))
    assert (await error_frame(harness))["message"] == "Forbidden"


async def test_a_function_that_raises_is_an_internal_server_error_on_one_way_routes_too(
    harness: GatewayHarness,
) -> None:
    def fail(_: Event) -> object:
        raise FunctionError("secret detail")

    await harness.start(api(one_way("go", "fail")), fail=fail)
    frame = await error_frame(harness)
    assert frame["message"] == "Internal server error"
    assert frame["requestId"] == harness.events("fail")[0]["requestContext"]["requestId"]


@pytest.mark.parametrize("answer", [None, "text", {}, {"body": "x"}, {"statusCode": 200, "body": {"a": 1}}])
async def test_a_malformed_proxy_response_is_an_internal_server_error(
    harness: GatewayHarness, answer: object
) -> None:
    await harness.start(api(two_way("go", "go")), go=lambda _: answer)
    assert (await error_frame(harness))["message"] == "Internal server error"


async def test_a_slow_integration_times_out(harness: GatewayHarness) -> None:
    async def never(_: Event) -> object:
        await asyncio.Event().wait()
        return None

    await harness.start(api(two_way("go", "never", timeout_seconds=0.05)), never=never)
    assert (await error_frame(harness))["message"] == "Endpoint request timed out"


async def test_an_unsupported_integration_type_is_an_error(harness: GatewayHarness) -> None:
    route = Route(key="go", integration=Integration(kind="HTTP_PROXY"), has_route_response=True)
    await harness.start(api(route))
    assert (await error_frame(harness))["message"] == "Internal server error"


async def test_a_base64_body_is_decoded(harness: GatewayHarness) -> None:
    await harness.start(api(two_way("$default", "go")), go=lambda _: ok("aGk=", isBase64Encoded=True))
    client = await harness.connect()
    await client.send("x")
    assert await client.recv() == "hi"


async def test_a_status_other_than_200_sends_the_body_too(harness: GatewayHarness) -> None:
    await harness.start(api(two_way("$default", "go")), go=lambda _: {"statusCode": 400, "body": "no"})
    client = await harness.connect()
    await client.send("x")
    assert await client.recv() == "no"


async def test_a_throttled_route_answers_too_many_requests(harness: GatewayHarness) -> None:
    stage = Stage(name=STAGE, route_throttles={"go": Throttle(rate=0.001, burst=1)})
    await harness.start(
        api(Route(key="go", integration=proxy("go"), has_route_response=True), stage=stage),
        go=lambda _: ok("done"),
    )
    client = await harness.connect()
    await client.send('{"action":"go"}')
    assert await client.recv() == "done"
    await client.send('{"action":"go"}')
    assert json.loads(await client.recv())["message"] == "Too Many Requests"
