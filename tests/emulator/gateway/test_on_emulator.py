"""The gateway in front of a real emulator: real functions, real IAM, real clients."""

import asyncio
import json
from collections.abc import AsyncIterator, Generator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from pulumi_local_aws.aws import client as client_of
from pulumi_local_aws.gateway.emulator_client import EmulatorClient
from pulumi_local_aws.gateway.inspector.function_logs import EmulatorFunctionLogs
from pulumi_local_aws.gateway.server import EmulatorGateway, Gateway
from pulumi_local_aws.ministack import DEFAULT_PYTHON, MiniStack
from pulumi_local_aws.processes import free_port
from tests.emulator.gateway.deployed import STAGE, DeployedApi, deploy

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(
        not DEFAULT_PYTHON.exists(), reason="the local AWS is not installed: run `make setup`"
    ),
]


@pytest.fixture(scope="module")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Generator[MiniStack]:
    folder: Path = tmp_path_factory.mktemp("ministack")
    with MiniStack.start(folder, free_port(), "AKIATESTTESTTESTTEST", "a-secret", folder / "log") as running:
        yield running


@pytest.fixture(scope="module")
def deployed(ministack: MiniStack) -> DeployedApi:
    return deploy(ministack, "answers")


@pytest.fixture
async def gateway(deployed: DeployedApi) -> AsyncIterator[Gateway]:
    async with EmulatorGateway(deployed.address, max_age_seconds=0) as gateway:
        yield gateway


@pytest.fixture
async def client(gateway: Gateway, deployed: DeployedApi) -> AsyncIterator[ClientConnection]:
    async with AsyncExitStack() as stack:
        url = gateway.websocket_url(deployed.api_id, STAGE)
        yield await stack.enter_async_context(connect(url, subprotocols=[Subprotocol("chat.v1")]))


async def request_reply(client: ClientConnection, **message: str) -> str:
    await client.send(json.dumps(message))
    answer = await asyncio.wait_for(client.recv(), 20)
    assert isinstance(answer, str)
    return answer


async def test_a_connection_from_authorizer_to_reply(client: ClientConnection, deployed: DeployedApi) -> None:
    assert client.subprotocol == "chat.v1"
    event: dict[str, Any] = json.loads(await request_reply(client, action="anything"))
    assert event["stageVariables"] == {"colour": "blue"}
    context = event["requestContext"]
    assert (context["apiId"], context["stage"], context["routeKey"]) == (deployed.api_id, STAGE, "$default")
    assert context["authorizer"]["principalId"] == "someone"
    assert context["authorizer"]["level"] == "3"


async def test_a_mock_selects_its_template_by_the_message(client: ClientConnection) -> None:
    """Both the selection expression and the passthrough behavior are the integration's own."""
    assert await request_reply(client, action="choose", size="small") == "accepted"
    assert await request_reply(client, action="choose", size="large") == "too large"
    refused = json.loads(await request_reply(client, action="choose", size="other"))
    assert refused["message"] == "Internal server error"


async def test_two_messages_run_in_two_invocations(client: ClientConnection, tmp_path: Path) -> None:
    for _ in range(2):
        await client.send(json.dumps({"action": "meet", "place": str(tmp_path)}))
    assert [await client.recv(), await client.recv()] == ["met", "met"]


async def test_a_mock_answers_without_a_function(client: ClientConnection) -> None:
    assert json.loads(await request_reply(client, action="heartbeat"))["type"] == "heartbeatAck"


async def test_the_error_frame_omits_the_functions_error(client: ClientConnection) -> None:
    frame = json.loads(await request_reply(client, action="fail"))
    assert frame["message"] == "Internal server error"
    assert "secret detail" not in json.dumps(frame)


@pytest.mark.parametrize("group", ["/aws/lambda/answers", "lines-of-answers"])
async def test_a_functions_log_lines_are_read_once(
    group: str, client: ClientConnection, deployed: DeployedApi, ministack: MiniStack
) -> None:
    client_of("lambda", ministack.environment).update_function_configuration(
        FunctionName=deployed.function, LoggingConfig={"LogGroup": group}
    )
    event = json.loads(await request_reply(client, action="log"))
    async with EmulatorClient(deployed.address) as calls:
        logs = EmulatorFunctionLogs(calls)
        found: list[str] = []
        async with asyncio.timeout(20):
            while not any(event["requestContext"]["requestId"] in line for line in found):
                found += [line.message for line in await logs.read_new(deployed.function, 0)]
    assert len(found) == len(set(found))


async def test_a_one_way_route_stays_silent(client: ClientConnection) -> None:
    await client.send('{"action":"silent"}')
    assert json.loads(await request_reply(client, action="heartbeat"))["type"] == "heartbeatAck"


@pytest.mark.parametrize(("token", "status"), [("bad", 401), ("no", 403)])
async def test_the_authorizer_can_refuse_a_connection(
    gateway: Gateway, deployed: DeployedApi, token: str, status: int
) -> None:
    url = f"{gateway.websocket_url(deployed.api_id, STAGE)}?token={token}"
    with pytest.raises(InvalidStatus) as refused:
        await connect(url)
    assert refused.value.response.status_code == status


async def test_pushes_need_the_functions_role_to_allow_them(
    gateway: Gateway, client: ClientConnection, deployed: DeployedApi
) -> None:
    deployed.set_callback_url(gateway.callback_url(deployed.api_id, STAGE))
    denied = await request_reply(client, action="push")
    assert "not authorized to perform: execute-api:ManageConnections" in denied
    deployed.allow_pushes()
    assert await request_reply(client, action="push") == "pushed"
    assert await client.recv() == "allowed"


async def test_callbacks_signed_with_an_unknown_key_are_refused(
    gateway: Gateway, deployed: DeployedApi
) -> None:
    environment = deployed.emulator.environment | {
        "AWS_ENDPOINT_URL": gateway.callback_url(deployed.api_id, STAGE),
        "AWS_ACCESS_KEY_ID": "AKIAUNKNOWNUNKNOWN00",
    }
    stranger = client_of("apigatewaymanagementapi", environment)
    with pytest.raises(ClientError) as refused:
        await asyncio.to_thread(stranger.get_connection, ConnectionId="L0SM9cOFvHcCIhw=")
    assert refused.value.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 403


async def test_unsigned_callbacks_are_refused(gateway: Gateway, deployed: DeployedApi) -> None:
    url = f"{gateway.callback_url(deployed.api_id, STAGE)}/@connections/L0SM9cOFvHcCIhw="
    async with aiohttp.ClientSession() as http, http.post(url, data=b"x") as answer:
        assert answer.status == 403
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


async def test_a_route_created_while_connected_is_served(
    client: ClientConnection, deployed: DeployedApi
) -> None:
    gateway = deployed.client("apigatewayv2")
    routes = {route["RouteKey"]: route for route in gateway.get_routes(ApiId=deployed.api_id)["Items"]}
    created = gateway.create_route(
        ApiId=deployed.api_id, RouteKey="beat", Target=routes["heartbeat"]["Target"]
    )
    gateway.create_route_response(
        ApiId=deployed.api_id, RouteId=created["RouteId"], RouteResponseKey="$default"
    )
    async with asyncio.timeout(20):
        while "heartbeatAck" not in await request_reply(client, action="beat"):
            pass


async def test_a_function_whose_policy_lacks_api_gateway_cannot_be_invoked(
    deployed: DeployedApi,
) -> None:
    functions = deployed.client("lambda")
    permission = json.loads(functions.get_policy(FunctionName=deployed.function)["Policy"])["Statement"][0]
    functions.remove_permission(FunctionName=deployed.function, StatementId=permission["Sid"])
    try:
        async with EmulatorGateway(deployed.address) as unaware:
            with pytest.raises(InvalidStatus) as refused:
                await connect(unaware.websocket_url(deployed.api_id, STAGE))
        assert refused.value.response.status_code == 500
    finally:
        functions.add_permission(
            FunctionName=deployed.function,
            StatementId="again",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=permission["Condition"]["ArnLike"]["AWS:SourceArn"],
        )
