"""The gateway's calls to AWS in front of any emulator, without features that only MiniStack has.

ANY_EMULATOR_URL names a running emulator (a LocalStack, a moto server); the default is MiniStack. A test is
skipped if the emulator lacks the service.
"""

import os
from collections.abc import AsyncIterator, Callable, Generator

import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import connect

from pulumi_local_aws.gateway.api.control_plane import EmulatorControlPlane
from pulumi_local_aws.gateway.api.model import Authorizer, Throttle
from pulumi_local_aws.gateway.emulator_client import EmulatorAddress, EmulatorClient
from pulumi_local_aws.gateway.integrations.lambda_invoke import InvokeError, LambdaInvoker
from pulumi_local_aws.gateway.integrations.resource_policy import ResourcePolicies
from pulumi_local_aws.gateway.management_access import EmulatorManagementAccess
from pulumi_local_aws.gateway.server import EmulatorGateway
from pulumi_local_aws.ministack import DEFAULT_PYTHON, MiniStack
from pulumi_local_aws.processes import free_port, wait_until
from tests.emulator.gateway.any_emulator import NAME, STAGE, AnyEmulator

URL = os.environ.get("ANY_EMULATOR_URL")
ELSEWHERE = "arn:aws:execute-api:us-east-1:000000000000:other/live/$default"
pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(
        not URL and not DEFAULT_PYTHON.exists(), reason="the local AWS is not installed: run `make setup`"
    ),
]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Generator[AnyEmulator]:
    if URL:
        yield AnyEmulator(EmulatorAddress(endpoint_url=URL.rstrip("/")))
        return
    folder, key, secret = tmp_path_factory.mktemp("ministack"), "AKIATESTTESTTESTTEST", "a-secret"
    with MiniStack.start(folder, free_port(), key, secret, folder / "log") as running:
        address = EmulatorAddress(endpoint_url=running.endpoint_url, access_key=key, secret_key=secret)
        yield AnyEmulator(address)


@pytest.fixture
async def calls(emulator: AnyEmulator) -> AsyncIterator[EmulatorClient]:
    async with EmulatorClient(emulator.address) as client:
        yield client


@pytest.fixture(scope="module")
def function(emulator: AnyEmulator) -> Generator[str]:
    created = create_or_skip(emulator.create_function)
    yield created
    emulator.delete_function()


@pytest.fixture(scope="module")
def uri(function: str) -> str:
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"


@pytest.fixture(scope="module")
def api_id(emulator: AnyEmulator, uri: str) -> Generator[str]:
    created = create_or_skip(lambda: emulator.create_api(uri))
    yield created
    emulator.delete_api(created)


def create_or_skip(create: Callable[[], str]) -> str:
    """Create a resource, or skip the test if the emulator lacks the service."""
    try:
        return create()
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 501:
            pytest.skip(str(error))
        raise


async def test_an_api_is_read_as_created(
    emulator: AnyEmulator, calls: EmulatorClient, api_id: str, uri: str
) -> None:
    api = await EmulatorControlPlane(calls).read(api_id)
    assert api is not None
    assert api.account_id == emulator.client("sts").get_caller_identity()["Account"]
    assert api.route_selection == "$request.body.kind"
    assert {route.key: route.has_route_response for route in api.routes.values()} == {
        "$connect": False,
        "$default": True,
        "silent": False,
        "heartbeat": True,
    }
    guard = api.routes["$connect"].authorizer
    assert isinstance(guard, Authorizer)
    assert (guard.uri, guard.identity_sources) == (uri, ("route.request.querystring.token",))
    proxy, mock = api.routes["$default"].integration, api.routes["heartbeat"].integration
    assert proxy is not None
    assert (proxy.kind, proxy.uri, proxy.timeout_seconds) == ("AWS_PROXY", uri, 5)
    assert mock is not None
    assert mock.request_templates == {"200": '{"statusCode":200}'}
    assert [response.key for response in mock.responses] == ["/200/"]
    stage = api.stages[STAGE]
    assert stage.variables == {"colour": "blue"}
    assert stage.throttle == Throttle(rate=10.5, burst=20)


async def test_an_unknown_api_is_none(calls: EmulatorClient, api_id: str) -> None:
    assert await EmulatorControlPlane(calls).read(f"{api_id}x") is None


async def test_a_functions_policy_decides(
    emulator: AnyEmulator, calls: EmulatorClient, function: str
) -> None:
    policies, source = ResourcePolicies(calls), ELSEWHERE.replace(":other/", ":this/")
    assert not await policies.allows(function, source)
    emulator.allow_api_gateway("arn:aws:execute-api:us-east-1:000000000000:this/*")
    try:
        assert await policies.allows(function, source)
        assert not await policies.allows(function, ELSEWHERE)
    finally:
        emulator.client("lambda").remove_permission(FunctionName=NAME, StatementId="api")


async def test_a_function_is_invoked_or_the_error_names_the_reason(
    emulator: AnyEmulator, calls: EmulatorClient, uri: str
) -> None:
    def state() -> str:
        return str(emulator.client("lambda").get_function(FunctionName=NAME)["Configuration"].get("State"))

    assert wait_until(lambda: state() != "Pending", 60)
    if state() == "Failed":
        with pytest.raises(InvokeError, match=r"HTTP 409: .*Failed"):
            await LambdaInvoker(calls).invoke(uri, {"a": 1}, None)
        pytest.skip("this emulator cannot run functions here")
    answer = await LambdaInvoker(calls).invoke(uri, {"a": 1}, None)
    assert not answer.failed


async def test_a_signed_callback_is_allowed(emulator: AnyEmulator, calls: EmulatorClient) -> None:
    call = emulator.signed_push("abc", "127.0.0.1:4510")
    assert (await EmulatorManagementAccess(calls).decide(call)).is_allowed


async def test_a_client_is_served_by_the_deployed_api(emulator: AnyEmulator, api_id: str) -> None:
    control_plane = emulator.client("apigatewayv2")
    for route in control_plane.get_routes(ApiId=api_id)["Items"]:
        if route["RouteKey"] == "$connect":  # without it every client may connect
            control_plane.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    async with (
        EmulatorGateway(emulator.address) as gateway,
        connect(gateway.websocket_url(api_id, STAGE)) as client,
    ):
        await client.send('{"kind":"heartbeat"}')
        assert await client.recv() == '{"type":"heartbeatAck"}'
