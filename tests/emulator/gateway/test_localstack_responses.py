"""The gateway's handling of LocalStack's responses, as 2026.3.0 gives them and its documentation states them.

LocalStack routes a signed call by its service and path. It has `@connections` without API and stage only;
other paths are 404 or 500. Every response has the header `x-localstack`.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pulumi_local_aws.gateway.api.control_plane import ControlPlaneError, EmulatorControlPlane
from pulumi_local_aws.gateway.emulator_client import EmulatorAddress, EmulatorClient
from pulumi_local_aws.gateway.integrations.resource_policy import ResourcePolicies
from pulumi_local_aws.gateway.management_access import EmulatorManagementAccess, ManagementRequest

CONNECTION = "/@connections/L0SM9cOFvHcCIhw%3D"
NOT_IN_EDITION = (
    "The API for service apigatewayv2 is either not included in your current license plan or has not yet "
    "been emulated by LocalStack."
)


@dataclass
class LocalStack:
    """Answers management calls with `status` and `error`, and all other calls as LocalStack does."""

    status: int = 410
    error: str = "GoneException"
    other_status: int = 500
    paths: list[str] = field(default_factory=list[str])
    hosts: list[str] = field(default_factory=list[str])

    async def respond(self, request: web.BaseRequest) -> web.Response:
        self.paths.append(request.raw_path)
        self.hosts.append(request.headers["Host"])
        headers = {"x-localstack": "true"}
        if request.raw_path.startswith(("/@connections/", "/%40connections/")):
            body = {"__type": self.error, "message": "said"}
            return web.json_response(
                body, status=self.status, headers=headers | {"X-Amzn-Errortype": self.error}
            )
        if request.raw_path.startswith("/v2/"):
            return web.json_response({"message": NOT_IN_EDITION}, status=501, headers=headers)
        return web.json_response({"message": "unknown"}, status=self.other_status, headers=headers)


@dataclass
class LocalStackHarness:
    localstack: LocalStack
    client: EmulatorClient
    access: EmulatorManagementAccess


@pytest.fixture
async def harness() -> AsyncIterator[LocalStackHarness]:
    localstack = LocalStack()
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", localstack.respond)
        server = await stack.enter_async_context(TestServer(app))
        address = EmulatorAddress(endpoint_url=str(server.make_url("")).rstrip("/"))
        client = await stack.enter_async_context(EmulatorClient(address))
        yield LocalStackHarness(localstack, client, EmulatorManagementAccess(client))


def push(
    path: str = f"/_aws/execute-api/api/live{CONNECTION}", host: str = "gateway:4610"
) -> ManagementRequest:
    credential = "AWS4-HMAC-SHA256 Credential=LSIAONE/20260101/us-east-1/execute-api/x, ..."
    return ManagementRequest(
        method="POST",
        raw_path=path,
        host=host,
        headers={"Host": host, "Authorization": credential},
        body=b"push",
        api_id="api",
        stage="live",
    )


@pytest.mark.parametrize("other_status", [403, 404, 500])
@pytest.mark.parametrize(
    ("path", "host"),
    [
        (f"/_aws/execute-api/api/live{CONNECTION}", "gateway:4610"),
        (f"/api/live{CONNECTION}", "gateway:4610"),
        (f"/live{CONNECTION}", "api.execute-api.localhost.localstack.cloud:4566"),
        ("/_aws/execute-api/api/live/%40connections/L0SM9cOFvHcCIhw%3D", "gateway:4610"),
    ],
)
async def test_localstack_is_asked_at_its_own_path_and_host(
    harness: LocalStackHarness, path: str, host: str, other_status: int
) -> None:
    harness.localstack.other_status = other_status
    assert (await harness.access.decide(push(path, host))).is_allowed
    assert harness.localstack.paths[-1].replace("%40", "@") == CONNECTION
    assert harness.localstack.hosts[-1].startswith("127.0.0.1:")


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, "AccessDeniedException"), (400, "AccessDeniedException"), (403, "ForbiddenException")],
)
async def test_a_denial_is_passed_on(harness: LocalStackHarness, status: int, error: str) -> None:
    harness.localstack.status, harness.localstack.error = status, error
    decision = await harness.access.decide(push())
    assert (decision.is_allowed, decision.status, decision.error_type) == (False, 403, error)


@pytest.mark.parametrize(
    ("status", "error"),
    [(410, "GoneException"), (400, "BadRequestException"), (501, "InternalFailure")],
)
async def test_an_unknown_connection_or_service_is_allowed(
    harness: LocalStackHarness, status: int, error: str
) -> None:
    harness.localstack.status, harness.localstack.error = status, error
    assert (await harness.access.decide(push())).is_allowed


async def test_a_failure_is_an_error_and_no_decision(harness: LocalStackHarness) -> None:
    harness.localstack.status, harness.localstack.error = 500, "InternalError"
    with pytest.raises(OSError, match="HTTP 500: said"):
        await harness.access.decide(push())


async def test_the_error_names_the_service_that_the_edition_lacks(harness: LocalStackHarness) -> None:
    with pytest.raises(ControlPlaneError, match="HTTP 501: The API for service apigatewayv2"):
        await EmulatorControlPlane(harness.client).read("api")


async def test_a_failing_lambda_api_is_not_a_missing_permission(harness: LocalStackHarness) -> None:
    with pytest.raises(OSError, match="HTTP 500: unknown"):
        await ResourcePolicies(harness.client).allows("arn:aws:lambda:us-east-1:0:function:f", "a:b:c:d:e:f")
