"""MOCK and AWS integrations: templates, selection of templates and integration responses."""

import json
from dataclasses import replace

import pytest

from pulumi_local_aws.gateway.api.model import Integration, IntegrationResponse, Route
from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import Event, FunctionError, api, ok, one_way

OK = {"200": '{"statusCode":200}'}


def mock(
    *responses: IntegrationResponse,
    templates: dict[str, str] | None = None,
    passthrough: str = "WHEN_NO_MATCH",
) -> Route:
    integration = Integration(
        kind="MOCK",
        request_templates=templates or OK,
        template_selection="200",
        passthrough=passthrough,
        responses=responses,
    )
    return Route(key="$default", integration=integration, has_route_response=True)


async def answer(harness: GatewayHarness, route: Route, message: str = '{"requestId":"r1"}') -> str:
    await harness.start(api(route))
    client = await harness.connect()
    await client.send(message)
    received = await client.recv()
    assert isinstance(received, str)
    return received


async def test_a_mock_answers_from_its_templates(harness: GatewayHarness) -> None:
    template = (
        '{"type":"heartbeatAck","serverTime":$context.requestTimeEpoch,"connectedAt":$context.connectedAt}'
    )
    response = IntegrationResponse(key="/200/", templates={"200": template}, template_selection="200")
    received = json.loads(await answer(harness, mock(response)))
    assert received["type"] == "heartbeatAck"
    assert received["serverTime"] >= received["connectedAt"] > 0
    assert harness.functions.events == {}


async def test_the_status_code_selects_the_integration_response(harness: GatewayHarness) -> None:
    responses = [
        IntegrationResponse(key=key, templates={"$default": text})
        for key, text in (("$default", "default"), ("/2\\d\\d/", "fine"), ("/5\\d\\d/", "broken"))
    ]
    route = mock(*responses, templates={"$default": '{"statusCode":503}'})
    assert await answer(harness, route) == "broken"


@pytest.mark.parametrize(
    ("expression", "reply"),
    [
        ("${integration.response.statuscode}", "fine"),
        ("${request.body.wanted}", "other"),
        ("fixed", "fixed"),
        ("${request.body.missing}", "default"),
    ],
)
async def test_the_response_selection_expression_selects_the_integration_response(
    harness: GatewayHarness, expression: str, reply: str
) -> None:
    responses = tuple(
        IntegrationResponse(key=key, templates={"$default": template})
        for key, template in (
            ("$default", "default"),
            ("/2\\d\\d/", "fine"),
            ("/5\\d\\d/", "other"),
            ("fixed", "fixed"),
        )
    )
    route = mock(*responses)
    assert route.integration is not None
    selecting = replace(route, integration=replace(route.integration, response_selection=expression))
    assert await answer(harness, selecting, '{"wanted":503}') == reply


async def test_without_a_matching_key_the_default_response_is_selected(harness: GatewayHarness) -> None:
    response = IntegrationResponse(key="$default", templates={"$default": "default"})
    assert await answer(harness, mock(response)) == "default"


async def test_the_message_can_select_the_templates(harness: GatewayHarness) -> None:
    response = IntegrationResponse(
        key="$default",
        templates={"short": "s", "long": "loooong", "$default": "d"},
        template_selection="${request.body.size}",
    )
    assert await answer(harness, mock(response), '{"size":"long"}') == "loooong"


async def test_a_request_template_can_pass_a_value_to_the_response_template(harness: GatewayHarness) -> None:
    templates = {
        "$default": "#set($context.requestOverride.path.id = $input.json('$.requestId')){\"statusCode\":200}"
    }
    response = IntegrationResponse(
        key="$default", templates={"$default": '{"requestId":$context.requestOverride.path.id}'}
    )
    assert await answer(harness, mock(response, templates=templates)) == '{"requestId":"r1"}'


async def test_a_response_template_does_not_see_the_message(harness: GatewayHarness) -> None:
    response = IntegrationResponse(key="$default", templates={"$default": "[$input.body]"})
    assert await answer(harness, mock(response)) == "[]"


@pytest.mark.parametrize(
    "route",
    [
        mock(templates={"$default": "no JSON"}),
        mock(templates={"$default": "{}"}),
        mock(templates={"$default": "#foreach($x in $y)#end"}),
        mock(templates={"other": '{"statusCode":200}'}, passthrough="NEVER"),
        mock(templates={"other": '{"statusCode":200}'}, passthrough="WHEN_NO_TEMPLATES"),
    ],
)
async def test_a_mock_without_a_reply_is_an_internal_server_error(
    harness: GatewayHarness, route: Route
) -> None:
    assert json.loads(await answer(harness, route))["message"] == "Internal server error"


async def test_without_a_matching_request_template_the_message_passes_through(
    harness: GatewayHarness,
) -> None:
    response = IntegrationResponse(key="/201/", templates={"$default": "created"})
    route = mock(response, templates={"other": "x"})
    assert await answer(harness, route, '{"statusCode":201}') == "created"


async def test_connect_can_be_a_mock(harness: GatewayHarness) -> None:
    integration = Integration(kind="MOCK", request_templates=OK, template_selection="200")
    await harness.start(api(Route(key="$connect", integration=integration)))
    await harness.connect()


def mapped(*responses: IntegrationResponse) -> Route:
    integration = Integration(
        kind="AWS",
        uri="function",
        request_templates={"$default": '{"id":"$context.connectionId","said":$input.json(\'$.say\')}'},
        responses=responses,
    )
    return Route(key="$default", integration=integration, has_route_response=True)


async def test_an_aws_integration_maps_both_ways(harness: GatewayHarness) -> None:
    response = IntegrationResponse(key="$default", templates={"$default": "heard $input.path('$.heard')"})
    await harness.start(api(mapped(response)), function=lambda event: {"heard": event["said"]})
    client = await harness.connect()
    await client.send('{"say":"hello"}')
    assert await client.recv() == "heard hello"
    assert harness.events("function")[0]["id"] == harness.connection_id


async def test_an_aws_integration_without_responses_passes_the_result_through(
    harness: GatewayHarness,
) -> None:
    await harness.start(api(mapped()), function=lambda _: {"any": "thing"})
    client = await harness.connect()
    await client.send("{}")
    assert json.loads(await client.recv()) == {"any": "thing"}


async def test_the_error_message_selects_the_response_of_an_aws_integration(harness: GatewayHarness) -> None:
    def fail(_: Event) -> object:
        raise FunctionError("not found: x")

    responses = (
        IntegrationResponse(key="/not found.*/", templates={"$default": "missing"}),
        IntegrationResponse(key="$default", templates={"$default": "other"}),
    )
    await harness.start(
        api(mapped(*responses), one_way("$connect", "connect")), function=fail, connect=lambda _: ok()
    )
    client = await harness.connect()
    await client.send("{}")
    assert await client.recv() == "missing"
