"""LocalStack's answers, as 2026.3.0 gives them and as its pages and threads report them, and what follows.

It routes a signed call by its service and path: `@connections` is known without API and stage only. Elsewhere
it answers 404 or 500. Every answer of it carries `x-localstack`.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pulumi_local_aws.gateway.api.control_plane import ControlPlaneError, EmulatorControlPlane
from pulumi_local_aws.gateway.emulator_client import EmulatorAddress, EmulatorClient
from pulumi_local_aws.gateway.integrations.resource_policy import FunctionPolicies
from pulumi_local_aws.gateway.permissions import EmulatorPermissions, ManagementCall

CONNECTION = "/@connections/L0SM9cOFvHcCIhw%3D"
LACKS = (
    "The API for service apigatewayv2 is either not included in your current license plan or has not yet "
    "been emulated by LocalStack."
)


@dataclass
class LocalStack:
    """Answers calls of the management API as told, everything else as LocalStack does."""

    status: int = 410
    error: str = "GoneException"
    elsewhere: int = 500
    asked: list[str] = field(default_factory=list[str])
    hosts: list[str] = field(default_factory=list[str])

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(request.raw_path)
        self.hosts.append(request.headers["Host"])
        headers = {"x-localstack": "true"}
        if request.raw_path.startswith(("/@connections/", "/%40connections/")):
            body = {"__type": self.error, "message": "said"}
            return web.json_response(
                body, status=self.status, headers=headers | {"X-Amzn-Errortype": self.error}
            )
        if request.raw_path.startswith("/v2/"):
            return web.json_response({"message": LACKS}, status=501, headers=headers)
        return web.json_response({"message": "unknown"}, status=self.elsewhere, headers=headers)


@dataclass
class Asking:
    localstack: LocalStack
    client: EmulatorClient
    permissions: EmulatorPermissions


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    localstack = LocalStack()
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", localstack.answer)
        server = await stack.enter_async_context(TestServer(app))
        address = EmulatorAddress(endpoint_url=str(server.make_url("")).rstrip("/"))
        client = await stack.enter_async_context(EmulatorClient(address))
        yield Asking(localstack, client, EmulatorPermissions(client))


def push(path: str = f"/_aws/execute-api/api/live{CONNECTION}", host: str = "gateway:4610") -> ManagementCall:
    credential = "AWS4-HMAC-SHA256 Credential=LSIAONE/20260101/us-east-1/execute-api/x, ..."
    return ManagementCall(
        method="POST",
        raw_path=path,
        host=host,
        headers={"Host": host, "Authorization": credential},
        body=b"push",
        api_id="api",
        stage="live",
    )


@pytest.mark.parametrize("elsewhere", [403, 404, 500])
@pytest.mark.parametrize(
    ("path", "host"),
    [
        (f"/_aws/execute-api/api/live{CONNECTION}", "gateway:4610"),
        (f"/api/live{CONNECTION}", "gateway:4610"),
        (f"/live{CONNECTION}", "api.execute-api.localhost.localstack.cloud:4566"),
        ("/_aws/execute-api/api/live/%40connections/L0SM9cOFvHcCIhw%3D", "gateway:4610"),
    ],
)
async def test_it_is_asked_at_its_own_path_and_name(
    asking: Asking, path: str, host: str, elsewhere: int
) -> None:
    asking.localstack.elsewhere = elsewhere
    assert (await asking.permissions.verdict(push(path, host))).allowed
    assert asking.localstack.asked[-1].replace("%40", "@") == CONNECTION
    assert asking.localstack.hosts[-1].startswith("127.0.0.1:")


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, "AccessDeniedException"), (400, "AccessDeniedException"), (403, "ForbiddenException")],
)
async def test_a_denial_is_a_no(asking: Asking, status: int, error: str) -> None:
    asking.localstack.status, asking.localstack.error = status, error
    verdict = await asking.permissions.verdict(push())
    assert (verdict.allowed, verdict.status, verdict.error_type) == (False, 403, error)


@pytest.mark.parametrize(
    ("status", "error"),
    [(410, "GoneException"), (400, "BadRequestException"), (501, "InternalFailure")],
)
async def test_a_connection_or_a_service_that_it_does_not_know_is_a_yes(
    asking: Asking, status: int, error: str
) -> None:
    asking.localstack.status, asking.localstack.error = status, error
    assert (await asking.permissions.verdict(push())).allowed


async def test_a_failure_is_no_verdict(asking: Asking) -> None:
    asking.localstack.status, asking.localstack.error = 500, "InternalError"
    with pytest.raises(OSError, match="HTTP 500: said"):
        await asking.permissions.verdict(push())


async def test_an_edition_without_websocket_apis_is_named(asking: Asking) -> None:
    with pytest.raises(ControlPlaneError, match="HTTP 501: The API for service apigatewayv2"):
        await EmulatorControlPlane(asking.client).read("api")


async def test_a_failing_lambda_api_is_no_missing_permission(asking: Asking) -> None:
    with pytest.raises(OSError, match="HTTP 500: unknown"):
        await FunctionPolicies(asking.client).allow("arn:aws:lambda:us-east-1:0:function:f", "a:b:c:d:e:f")
