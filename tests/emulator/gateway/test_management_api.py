"""The management API: `@connections`."""

import asyncio
import json
from datetime import datetime

import pytest

from pulumi_local_aws.aws import client as client_of
from pulumi_local_aws.gateway.api.model import Stage
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.management_access import AccessDecision, ManagementRequest
from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import API_ID, STAGE, Event, api, ok, one_way, two_way

UNKNOWN = "L0SM9cOFvHcCIhw="


async def test_post_pushes_a_text_frame(harness: GatewayHarness) -> None:
    await harness.start(api())
    client = await harness.connect()
    assert await harness.call_management_api("POST", harness.connection_id, "grüße".encode()) == (
        200,
        "",
        b"",
    )
    assert await client.recv() == "grüße"


async def test_a_percent_encoded_id_is_the_same_connection(harness: GatewayHarness) -> None:
    gateway = await harness.start(api())
    client = await harness.connect()
    url = f"{gateway.callback_url(API_ID, STAGE)}/%40connections/{harness.connection_id.replace('=', '%3D')}"
    async with harness.http.post(url, data=b"x") as answer:
        assert answer.status == 200
    assert await client.recv() == "x"


async def test_invalid_utf_8_is_replaced(harness: GatewayHarness) -> None:
    await harness.start(api())
    client = await harness.connect()
    await harness.call_management_api("POST", harness.connection_id, b"a\xffb")
    assert await client.recv() == "a\ufffdb"


async def test_get_describes_the_connection(harness: GatewayHarness) -> None:
    await harness.start(api(), clock=None)
    await harness.connect(user_agent_header="tester")
    status, _, body = await harness.call_management_api("GET", harness.connection_id)
    described = json.loads(body)
    assert status == 200
    assert sorted(described) == ["connectedAt", "identity", "lastActiveAt"]
    assert described["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "tester"}
    assert datetime.fromisoformat(described["lastActiveAt"]) >= datetime.fromisoformat(
        described["connectedAt"]
    )


async def test_delete_closes_the_connection(harness: GatewayHarness) -> None:
    await harness.start(api())
    client = await harness.connect()
    connection_id = harness.connection_id
    assert (await harness.call_management_api("DELETE", connection_id))[0] == 204
    await client.wait_closed()
    assert client.close_code == 1000
    assert (await harness.call_management_api("DELETE", connection_id))[:2] == (410, "GoneException")


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_an_unknown_or_closed_connection_is_gone(harness: GatewayHarness, method: str) -> None:
    await harness.start(api())
    assert (await harness.call_management_api(method, UNKNOWN))[:2] == (410, "GoneException")


async def test_a_connection_is_gone_before_connect_has_returned(harness: GatewayHarness) -> None:
    outcome: list[int] = []

    async def connect(event: Event) -> object:
        outcome.append(
            (await harness.call_management_api("POST", event["requestContext"]["connectionId"], b"x"))[0]
        )
        return ok()

    await harness.start(api(one_way("$connect", "connect")), connect=connect)
    await harness.connect()
    assert outcome == [410]


async def test_a_push_of_128_kb_arrives_and_a_larger_one_is_413(harness: GatewayHarness) -> None:
    await harness.start(api())
    client = await harness.connect()
    assert (await harness.call_management_api("POST", harness.connection_id, b"x" * 128 * 1024))[0] == 200
    assert len(await client.recv()) == 128 * 1024
    too_large = await harness.call_management_api("POST", harness.connection_id, b"x" * (128 * 1024 + 1))
    assert too_large[:2] == (413, "PayloadTooLargeException")


async def test_an_unknown_stage_is_forbidden(harness: GatewayHarness) -> None:
    await harness.start(api())
    await harness.connect()
    assert (await harness.call_management_api("POST", harness.connection_id, b"x", stage="other"))[:2] == (
        403,
        "ForbiddenException",
    )


async def test_a_connection_of_another_stage_is_gone(harness: GatewayHarness) -> None:
    definition = api()
    await harness.start(
        type(definition)(api_id=API_ID, stages={name: Stage(name=name) for name in (STAGE, "two")})
    )
    await harness.connect()
    assert (await harness.call_management_api("POST", harness.connection_id, b"x", stage="two"))[0] == 410


async def test_a_denied_caller_gets_the_emulators_response(harness: GatewayHarness) -> None:
    calls: list[ManagementRequest] = []

    def deny(call: ManagementRequest) -> AccessDecision:
        calls.append(call)
        return AccessDecision(
            is_allowed=False, status=403, error_type="AccessDeniedException", body=b'{"message":"no"}'
        )

    await harness.start(api(), decisions=deny)
    await harness.connect()
    answer = await harness.call_management_api("POST", harness.connection_id, b"x")
    assert answer == (403, "AccessDeniedException", b'{"message":"no"}')
    (call,) = calls
    assert (call.method, call.api_id, call.stage, call.body) == ("POST", API_ID, STAGE, b"x")
    assert call.raw_path.startswith(f"/_aws/execute-api/{API_ID}/{STAGE}/@connections/")


async def test_unavailable_iam_is_500(harness: GatewayHarness) -> None:
    def unreachable(_: ManagementRequest) -> AccessDecision:
        raise OSError("down")

    await harness.start(api(), decisions=unreachable)
    assert (await harness.call_management_api("POST", UNKNOWN, b"x"))[0] == 500


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD"])
async def test_another_verb_is_forbidden(harness: GatewayHarness, method: str) -> None:
    await harness.start(api())
    assert (await harness.call_management_api(method, UNKNOWN))[0] == 403


async def test_another_http_path_is_forbidden(harness: GatewayHarness) -> None:
    gateway = await harness.start(api())
    async with harness.http.get(gateway.callback_url(API_ID, STAGE)) as answer:
        assert answer.status == 403


async def test_calls_above_the_accounts_rate_are_429(harness: GatewayHarness) -> None:
    await harness.start(api(), limits=Limits(requests_per_second=0.001, request_burst=1))
    await harness.connect()
    assert (await harness.call_management_api("POST", harness.connection_id, b"x"))[0] == 200
    assert (await harness.call_management_api("POST", harness.connection_id, b"x"))[:2] == (
        429,
        "LimitExceededException",
    )


async def test_pushes_to_a_client_that_does_not_read_are_429(harness: GatewayHarness) -> None:
    await harness.start(api())
    client = await harness.connect()
    client.transport.pause_reading()
    answers: set[int] = set()
    for _ in range(200):
        answers.add((await harness.call_management_api("POST", harness.connection_id, b"x" * 128 * 1024))[0])
        if 429 in answers:
            break
    client.transport.abort()
    assert answers == {200, 429}


async def test_pushes_to_one_connection_keep_their_order(harness: GatewayHarness) -> None:
    await harness.start(api())
    client = await harness.connect()
    for number in range(50):
        await harness.call_management_api("POST", harness.connection_id, str(number).encode())
    assert [await client.recv() for _ in range(50)] == [str(number) for number in range(50)]


async def test_a_function_can_push_to_its_own_connection(harness: GatewayHarness) -> None:
    async def go(event: Event) -> object:
        await harness.call_management_api("POST", event["requestContext"]["connectionId"], b"push")
        return ok("reply")

    await harness.start(api(two_way("$default", "go")), go=go)
    client = await harness.connect()
    await client.send("x")
    assert [await client.recv(), await client.recv()] == ["push", "reply"]


async def test_boto3_reads_the_responses(harness: GatewayHarness) -> None:
    gateway = await harness.start(api())
    client = await harness.connect(user_agent_header="tester")
    environment = {
        "AWS_ENDPOINT_URL": gateway.callback_url(API_ID, STAGE),
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    management = client_of("apigatewaymanagementapi", environment)
    connection_id = harness.connection_id
    await asyncio.to_thread(management.post_to_connection, ConnectionId=connection_id, Data=b"hello")
    assert await client.recv() == "hello"
    described = await asyncio.to_thread(management.get_connection, ConnectionId=connection_id)
    assert described["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "tester"}
    with pytest.raises(management.exceptions.GoneException):
        await asyncio.to_thread(management.post_to_connection, ConnectionId=UNKNOWN, Data=b"x")
    with pytest.raises(management.exceptions.PayloadTooLargeException):
        await asyncio.to_thread(
            management.post_to_connection, ConnectionId=connection_id, Data=b"x" * 131_073
        )
    await asyncio.to_thread(management.delete_connection, ConnectionId=connection_id)
    await client.wait_closed()
