"""The requests for an API definition, and how pages and missing parts are read."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pulumi_local_aws.gateway.api.control_plane import EmulatorControlPlane
from pulumi_local_aws.gateway.emulator_client import EmulatorAddress, EmulatorClient

URI = "arn:aws:lambda:us-east-1:000000000000:function:f"
TOKEN = "a+b/c=="


@dataclass
class PagedControlPlane:
    """Returns routes in two pages, and cannot list authorizers, as moto."""

    paths: list[str] = field(default_factory=list[str])
    has_authorizer: bool = True

    async def respond(self, request: web.BaseRequest) -> web.Response:
        self.paths.append(request.raw_path)
        root, _, rest = request.path.removeprefix("/v2/apis/").partition("/")
        if request.path == "/":
            return web.Response(text="<Arn/><Account>123456789012</Account>")
        if not rest:
            return web.json_response({"apiId": root, "protocolType": "WEBSOCKET"})
        if rest == "routes":
            return web.json_response(self._routes(request.query.get("nextToken")))
        if rest == "authorizers/guard" and self.has_authorizer:
            return web.json_response({"authorizerId": "guard", "authorizerUri": URI})
        if rest.startswith("authorizers"):
            return web.json_response({"message": "no"}, status=404 if rest != "authorizers" else 500)
        return web.json_response({"items": []})

    def _routes(self, token: str | None) -> dict[str, object]:
        if token is None:
            first = {"routeId": "1", "routeKey": "$connect", "authorizerId": "guard"}
            return {"items": [first | {"authorizationType": "CUSTOM"}], "nextToken": TOKEN}
        return {"items": [{"routeId": "2", "routeKey": f"after {token}"}]}


@pytest.fixture
async def reader() -> AsyncIterator[tuple[PagedControlPlane, EmulatorControlPlane]]:
    control_plane = PagedControlPlane()
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", control_plane.respond)
        server = await stack.enter_async_context(TestServer(app))
        address = EmulatorAddress(endpoint_url=str(server.make_url("")).rstrip("/"))
        client = await stack.enter_async_context(EmulatorClient(address))
        yield control_plane, EmulatorControlPlane(client)


async def test_the_next_page_is_requested_with_the_unchanged_token(
    reader: tuple[PagedControlPlane, EmulatorControlPlane],
) -> None:
    api = await reader[1].read("api")
    assert api is not None
    assert set(api.routes) == {"$connect", f"after {TOKEN}"}
    assert api.account_id == "123456789012"


async def test_an_authorizer_that_a_route_names_is_read_by_its_id(
    reader: tuple[PagedControlPlane, EmulatorControlPlane],
) -> None:
    api = await reader[1].read("api")
    assert api is not None
    guard = api.routes["$connect"].authorizer
    assert guard is not None
    assert guard.uri == URI
    assert [path for path in reader[0].paths if "authorizers" in path] == ["/v2/apis/api/authorizers/guard"]


async def test_a_route_whose_authorizer_is_missing_has_none(
    reader: tuple[PagedControlPlane, EmulatorControlPlane],
) -> None:
    reader[0].has_authorizer = False
    api = await reader[1].read("api")
    assert api is not None
    assert (api.routes["$connect"].authorization, api.routes["$connect"].authorizer) == ("CUSTOM", None)
