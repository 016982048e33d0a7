"""Both APIs: routes with integration, permission and reply; who may call, and how much."""

import json
import re
from typing import Any

import pulumi
import pytest

from tests.components.deployed import Deployed, deploy, resolved
from websocket_sessions.access_logs import json_line
from websocket_sessions.arguments import ArgumentError
from websocket_sessions.http_api import HttpApi, HttpApiArgs
from websocket_sessions.lambda_handler import LambdaHandler, LambdaHandlerArgs
from websocket_sessions.mock_reply import HEARTBEAT_ACK
from websocket_sessions.policies import policy_document
from websocket_sessions.route_targets import Throttle
from websocket_sessions.web_socket_api import WebSocketApi, WebSocketApiArgs

API = "arn:aws:execute-api:eu-central-1:123456789012"


def function(name: str, opts: pulumi.ResourceOptions) -> LambdaHandler:
    args = LambdaHandlerArgs(archive=pulumi.AssetArchive({}), handler="h.handler", function_name=name)
    return LambdaHandler(name, args, opts=opts)


@pytest.fixture(scope="module")
def web_socket() -> tuple[WebSocketApi, Deployed]:
    def build(opts: pulumi.ResourceOptions) -> WebSocketApi:
        api = WebSocketApi("ws", WebSocketApiArgs(), opts=opts)
        api.add_route("$connect", function("connect", opts), authorizer=function("authorize", opts))
        api.add_route("publish", function("publish", opts))
        api.add_route("heartbeat", HEARTBEAT_ACK)
        api.grant_manage_connections("worker", "worker-role", ["POST"])
        return api

    return deploy(build)


@pytest.fixture(scope="module")
def http() -> tuple[HttpApi, Deployed]:
    def build(opts: pulumi.ResourceOptions) -> HttpApi:
        args = HttpApiArgs(issuer="https://issuer", audience=["client"], allowed_origins=["https://a.org"])
        api = HttpApi("http", args, opts=opts)
        api.add_route("PATCH /sessions/{sessionId}", function("update", opts))
        api.add_route("GET /sessions/{sessionId}", function("get", opts), signed_in=False)
        return api

    return deploy(build)


def children(deployed: Deployed, parent: str) -> set[str]:
    return {name for name, (_, of) in deployed.table.items() if of == parent}


def test_each_resource_of_the_web_socket_api_has_its_parent(
    web_socket: tuple[WebSocketApi, Deployed],
) -> None:
    deployed = web_socket[1]
    assert children(deployed, "ws") == {
        "ws-api (Api)",
        "ws-stage (Stage)",
        "ws-authorizer (Authorizer)",
        "ws-authorizer-permission (Permission)",
        "ws-connect (WebSocketRoute)",
        "ws-publish (WebSocketRoute)",
        "ws-heartbeat (WebSocketRoute)",
        "ws-worker-connections (RolePolicy)",
    }
    assert children(deployed, "ws-publish") == {
        "ws-publish-permission (Permission)",
        "ws-publish-integration (Integration)",
        "ws-publish-route (Route)",
        "ws-publish-response (RouteResponse)",
    }
    assert children(deployed, "ws-heartbeat") == {
        "ws-heartbeat-integration (Integration)",
        "ws-heartbeat-integration-response (IntegrationResponse)",
        "ws-heartbeat-route (Route)",
        "ws-heartbeat-response (RouteResponse)",
    }


def test_messages_are_routed_by_their_action(web_socket: tuple[WebSocketApi, Deployed]) -> None:
    inputs = web_socket[1].one("Api").inputs
    assert (inputs["protocolType"], inputs["routeSelectionExpression"]) == (
        "WEBSOCKET",
        "$request.body.action",
    )


def test_the_stage_deploys_itself_and_is_throttled(web_socket: tuple[WebSocketApi, Deployed]) -> None:
    inputs = web_socket[1].one("Stage").inputs
    assert (inputs["name"], inputs["autoDeploy"]) == ("live", True)
    assert inputs["defaultRouteSettings"]["throttlingRateLimit"] == 5000
    assert "accessLogSettings" not in inputs


def test_only_connect_has_the_authorizer_and_only_two_way_routes_answer(
    web_socket: tuple[WebSocketApi, Deployed],
) -> None:
    routes = {item.inputs["routeKey"]: item.inputs for item in web_socket[1].of("Route")}
    assert {key: route["authorizationType"] for key, route in routes.items()} == {
        "$connect": "CUSTOM",
        "heartbeat": "NONE",
        "publish": "NONE",
    }
    assert [key for key, route in routes.items() if "routeResponseSelectionExpression" not in route] == [
        "$connect"
    ]
    assert routes["publish"]["target"] == "integrations/ws-publish-integration-id"


def test_the_authorizer_names_no_identity_source_so_that_anonymous_connections_reach_it(
    web_socket: tuple[WebSocketApi, Deployed],
) -> None:
    inputs = web_socket[1].one("Authorizer").inputs
    assert (inputs["authorizerType"], "identitySources" in inputs) == ("REQUEST", False)


def test_each_function_may_be_called_for_its_own_route_only(
    web_socket: tuple[WebSocketApi, Deployed],
) -> None:
    permitted = {item.inputs["function"]: item.inputs["sourceArn"] for item in web_socket[1].of("Permission")}
    assert permitted == {
        "authorize": f"{API}:ws-api/authorizers/ws-authorizer-id",
        "connect": f"{API}:ws-api/live/$connect",
        "publish": f"{API}:ws-api/live/publish",
    }


def test_a_heartbeat_is_answered_by_a_mock_without_a_function(
    web_socket: tuple[WebSocketApi, Deployed],
) -> None:
    integration = web_socket[1].one("Integration", "heartbeat").inputs
    assert (integration["integrationType"], integration["passthroughBehavior"]) == ("MOCK", "NEVER")
    assert integration["requestTemplates"] == {"$default": '{"statusCode": 200}'}
    response = web_socket[1].one("IntegrationResponse").inputs
    assert response["integrationResponseKey"] == "$default"
    assert response["responseTemplates"]["$default"].startswith('{"type": "heartbeatAck"')


def test_callbacks_go_to_the_same_place_by_https(web_socket: tuple[WebSocketApi, Deployed]) -> None:
    assert resolved(web_socket[0].callback_url) == (
        "https://ws-api.execute-api.eu-central-1.amazonaws.com/live"
    )


def test_permissions_on_connections_name_stage_and_verb(web_socket: tuple[WebSocketApi, Deployed]) -> None:
    policy = resolved(policy_document([web_socket[0].manage_connections(["POST", "DELETE"])]))
    assert f'"{API}:ws-api/live/POST/@connections/*"' in policy
    assert f'"{API}:ws-api/live/DELETE/@connections/*"' in policy
    with pytest.raises(ArgumentError, match="verbs is 'PUT': allowed is POST, GET, DELETE"):
        web_socket[0].manage_connections(["PUT"])


def test_a_route_that_needs_the_apis_address_has_a_throttle() -> None:
    """Its function pushes through the API, so the API cannot have it among its arguments."""

    def add_routes(api: WebSocketApi) -> None:
        environment = {"CALLBACK_URL": api.callback_url}
        archive = pulumi.AssetArchive({})
        say = LambdaHandler("say", archive=archive, handler="h.handler", environment=environment)
        api.add_route("say", say, throttle=Throttle(rate=10, burst=5))

    made, deployed = deploy(lambda opts: WebSocketApi("ws", opts=opts, add_routes=add_routes))
    (setting,) = deployed.one("Stage").inputs["routeSettings"]
    assert setting == {
        "routeKey": "say",
        "throttlingRateLimit": 10,
        "throttlingBurstLimit": 5,
        "detailedMetricsEnabled": False,
    }
    variables = deployed.one("Function").inputs["environment"]["variables"]
    assert variables == {"CALLBACK_URL": resolved(made.callback_url)}


def test_a_throttle_is_refused_once_there_is_a_stage() -> None:
    made, _ = deploy(lambda opts: WebSocketApi("ws", opts=opts))
    with pytest.raises(ArgumentError, match="throttle is 'say': allowed among routes and in add_routes only"):
        made.add_route("say", HEARTBEAT_ACK, throttle=Throttle(rate=10, burst=5))


def test_access_logs_can_be_switched_on_and_name_nobody() -> None:
    args = WebSocketApiArgs(access_logs=True, log_retention_days=7)
    _, deployed = deploy(lambda opts: WebSocketApi("ws", args, opts=opts))
    settings = deployed.one("Stage").inputs["accessLogSettings"]
    assert deployed.one("LogGroup").inputs["retentionInDays"] == 7
    assert "sourceIp" not in settings["format"]
    assert "connectionId" not in settings["format"]


NO_ERROR = {"requestTime": "27/Nov/2026:08:09:35 +0000", "status": "200", "integration.status": "200"}
REFUSED = {"error.responseType": "INTEGRATION_FAILURE", "status": "500"}
ERROR_VARIABLES = (
    "authorize.error",
    "authorizer.error",
    "authorizer.principalId",
    "error.message",
    "integration.error",
    "integrationErrorMessage",
)
FREE_TEXT = {
    **dict.fromkeys(ERROR_VARIABLES, 'Cannot read "claims" of \\ null'),
    "error.messageString": '"Cannot read \\"claims\\" of \\\\ null"',
}


def access_log_line(line: str, values: dict[str, str]) -> str:
    """Replace variables as API Gateway does: without escaping, and with `-` where there is no value."""
    return re.sub(r"\$context\.([A-Za-z.]*[A-Za-z])", lambda found: values.get(found[1], "-"), line)


@pytest.mark.parametrize("values", [NO_ERROR, REFUSED, REFUSED | FREE_TEXT], ids=["200", "500", "quotes"])
@pytest.mark.parametrize("kind", ["WebSocketApi", "HttpApi"])
def test_access_log_lines_are_json_whatever_the_error_says(kind: str, values: dict[str, str]) -> None:
    def build(opts: pulumi.ResourceOptions) -> object:
        if kind == "WebSocketApi":
            return WebSocketApi("api", WebSocketApiArgs(access_logs=True), opts=opts)
        args = HttpApiArgs(access_logs=True, issuer="https://issuer", audience=["client"])
        return HttpApi("api", args, opts=opts)

    stage = deploy(build)[1].one("Stage").inputs
    line = json.loads(access_log_line(stage["accessLogSettings"]["format"], values))
    assert line["errorType"] == values.get("error.responseType", "-")
    assert line["status"] == values["status"]


@pytest.mark.parametrize("variable", [*FREE_TEXT, "identity.userAgent"])
def test_a_log_line_refuses_variables_of_free_text(variable: str) -> None:
    with pytest.raises(ArgumentError, match="allowed is a variable without free text"):
        json_line(error=variable)


def test_http_routes_ask_for_a_token_unless_they_are_public(http: tuple[HttpApi, Deployed]) -> None:
    routes = {item.inputs["routeKey"]: item.inputs for item in http[1].of("Route")}
    assert {key: route["authorizationType"] for key, route in routes.items()} == {
        "GET /sessions/{sessionId}": "NONE",
        "PATCH /sessions/{sessionId}": "JWT",
    }
    authorizer = http[1].one("Authorizer").inputs
    assert authorizer["jwtConfiguration"] == {"audiences": ["client"], "issuer": "https://issuer"}


def test_http_functions_may_be_called_for_their_own_route_only(http: tuple[HttpApi, Deployed]) -> None:
    permitted = {item.inputs["function"]: item.inputs["sourceArn"] for item in http[1].of("Permission")}
    assert permitted == {
        "get": f"{API}:http-api/live/GET/sessions/*",
        "update": f"{API}:http-api/live/PATCH/sessions/*",
    }


def test_only_named_origins_may_call_the_http_api(http: tuple[HttpApi, Deployed]) -> None:
    assert http[1].one("Api").inputs["corsConfiguration"]["allowOrigins"] == ["https://a.org"]
    closed: dict[str, Any] = (
        deploy(
            lambda opts: HttpApi("http", HttpApiArgs(issuer="https://issuer", audience=["client"]), opts=opts)
        )[1]
        .one("Api")
        .inputs
    )
    assert "corsConfiguration" not in closed


def test_every_resource_of_the_http_api_is_its_child(http: tuple[HttpApi, Deployed]) -> None:
    own = {name for name in http[1].table if name.startswith("http-")}
    assert children(http[1], "http") == own


def test_a_route_that_is_no_route_is_refused(http: tuple[HttpApi, Deployed]) -> None:
    with pytest.raises(ArgumentError, match="route_key is '/sessions': allowed is METHOD /path"):
        http[0].add_route("/sessions", "arn:aws:lambda:eu-central-1:123456789012:function:list")
