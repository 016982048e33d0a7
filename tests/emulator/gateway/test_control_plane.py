"""Reading and caching API definitions, and the control plane's JSON."""

import asyncio

import pytest

from pulumi_local_aws.gateway.api.cache import ApiCache
from pulumi_local_aws.gateway.api.control_plane import (
    ControlPlaneError,
    read_authorizer,
    read_integration,
    read_route,
    read_stage,
)
from pulumi_local_aws.gateway.api.model import Api, Authorizer, Integration, Throttle
from pulumi_local_aws.gateway.integrations.lambda_invoke import (
    InvokeError,
    function_arn,
    with_stage_variables,
)
from tests.emulator.gateway.fakes import API_ID, api

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


class ScriptedControlPlane:
    """Gives one answer; a read can be blocked."""

    def __init__(self) -> None:
        self.answer: Api | Exception | None = api()
        self.reads = 0
        self.go = asyncio.Event()
        self.go.set()

    async def read(self, api_id: str) -> Api | None:
        self.reads += 1
        await self.go.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class CacheUnderTest:
    """An ApiCache with a clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.control_plane = ScriptedControlPlane()
        self.apis = ApiCache(self.control_plane, lambda: self.now, max_age_seconds=1)


async def test_a_stale_definition_is_read_again() -> None:
    cache = CacheUnderTest()
    first = await cache.apis.get_fresh(API_ID)
    cache.now = 1
    assert await cache.apis.get_fresh(API_ID) is first
    assert cache.control_plane.reads == 1
    cache.now = 1.1
    await cache.apis.get_fresh(API_ID)
    assert cache.control_plane.reads == 2


async def test_a_message_waits_for_no_read() -> None:
    cache = CacheUnderTest()
    first = await cache.apis.get_fresh(API_ID)
    cache.control_plane.answer = api()
    cache.control_plane.go.clear()
    cache.now = 10
    assert cache.apis.get_cached(API_ID) is first
    cache.control_plane.go.set()
    second = await cache.apis.get_fresh(API_ID)
    assert second is cache.control_plane.answer
    assert cache.apis.get_cached(API_ID) is second


async def test_a_failed_read_keeps_the_older_version() -> None:
    cache = CacheUnderTest()
    first = await cache.apis.get_fresh(API_ID)
    cache.control_plane.answer = ControlPlaneError("down")
    cache.now = 10
    assert await cache.apis.get_fresh(API_ID) is first
    with pytest.raises(ControlPlaneError):
        await cache.apis.get_fresh("other")


async def test_a_deleted_api_is_unknown() -> None:
    cache = CacheUnderTest()
    await cache.apis.get_fresh(API_ID)
    cache.control_plane.answer = None
    cache.now = 10
    assert await cache.apis.get_fresh(API_ID) is None
    assert cache.apis.get_cached(API_ID) is None


def test_a_stage_has_its_throttling_by_route() -> None:
    stage = read_stage(
        {
            "stageName": "live",
            "stageVariables": {"a": "b"},
            "defaultRouteSettings": {"throttlingRateLimit": 10.5, "throttlingBurstLimit": 20},
            "routeSettings": {"go": {"throttlingBurstLimit": 0}},
        }
    )
    assert stage.variables == {"a": "b"}
    assert stage.throttle_for("other") == Throttle(rate=10.5, burst=20)
    assert stage.throttle_for("go") == Throttle(burst=0)


def test_an_integration_has_its_timeout_in_seconds_and_its_responses() -> None:
    response = {"integrationResponseKey": "/200/", "responseTemplates": {"200": "x"}}
    entry = {"integrationType": "MOCK", "timeoutInMillis": 500, "requestTemplates": {"200": "{}"}}
    integration = read_integration({**entry, "templateSelectionExpression": "200"}, [response])
    assert (integration.kind, integration.timeout_seconds, integration.template_selection) == (
        "MOCK",
        0.5,
        "200",
    )
    assert integration.responses[0].templates == {"200": "x"}


def test_a_template_is_not_selected_without_an_expression() -> None:
    assert read_integration({"requestTemplates": {"200": "x"}}, []).template_selection is None


def test_an_authorizer_has_a_list_of_identity_sources() -> None:
    entry = {"authorizerUri": "u", "identitySource": ["route.request.header.A, route.request.querystring.b"]}
    expected = ("route.request.header.A", "route.request.querystring.b")
    assert read_authorizer(entry) == Authorizer(uri="u", identity_sources=expected)


def test_a_route_finds_its_integration_and_authorizer() -> None:
    integration, authorizer = Integration(kind="MOCK"), Authorizer(uri="u")
    entry = {"routeKey": "go", "target": "integrations/i", "authorizationType": "CUSTOM", "authorizerId": "a"}
    route = read_route(entry, {"i": integration}, {"a": authorizer}, has_route_response=True)
    assert (route.integration, route.authorizer, route.has_route_response) == (integration, authorizer, True)
    assert read_route({"routeKey": "go"}, {}, {}, has_route_response=False).integration is None


@pytest.mark.parametrize(
    "uri",
    [ARN, f"{ARN}:live", f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}/invocations"],
)
def test_a_lambda_uri_names_its_function(uri: str) -> None:
    assert function_arn(uri).startswith(ARN)


@pytest.mark.parametrize("uri", ["", "https://example.com", "arn:aws:sqs:us-east-1:000000000000:q"])
def test_a_uri_without_a_function_is_an_error(uri: str) -> None:
    with pytest.raises(InvokeError, match="invalid Lambda function URI"):
        function_arn(uri)


def test_a_uri_can_name_stage_variables() -> None:
    assert with_stage_variables("f:${stageVariables.alias}", {"alias": "blue"}) == "f:blue"
