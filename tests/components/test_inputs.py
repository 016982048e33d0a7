"""Each argument of each component takes an Output if AWS may know the value later, or refuses it."""

import ast
import importlib
import inspect
import sys
from typing import Any, get_args

import pulumi
import pytest
from pulumi.output import Unknown

from tests.components.deployed import deploy, resolved
from websocket_sessions.argument_types import annotations, required_fields, shape
from websocket_sessions.arguments import ArgumentError, coerce, coerce_args
from websocket_sessions.async_invocations import AsyncInvocations
from websocket_sessions.cognito_users import CognitoUsers
from websocket_sessions.http_api import HttpApi
from websocket_sessions.lambda_handler import LambdaHandler
from websocket_sessions.package import COMPONENTS, package_schema
from websocket_sessions.route_targets import Route
from websocket_sessions.web_socket_api import WebSocketApi, WebSocketApiArgs

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:chat"
ARGUMENTS = [(kind, name) for kind in COMPONENTS.values() for name in annotations(kind)]


@pytest.mark.parametrize(("kind", "name"), ARGUMENTS)
def test_an_output_is_taken_or_refused_in_one_line(kind: type[Any], name: str) -> None:
    annotation = annotations(kind)[name]

    def give(_: pulumi.ResourceOptions) -> None:
        value: pulumi.Output[Any] = pulumi.Output.from_input(Unknown())
        if shape(annotation).deferred:
            assert isinstance(coerce(name, annotation, value), pulumi.Output)
        else:
            with pytest.raises(ArgumentError, match=f"^{name} is an Output: allowed is a value"):
                coerce(name, annotation, value)

    deploy(give)


@pytest.mark.parametrize("component", [*COMPONENTS, AsyncInvocations])
def test_keyword_options_have_the_types_of_the_arguments(component: type[pulumi.ComponentResource]) -> None:
    """Names are resolved as a type checker does: the options' module imports them for type checkers only."""
    signature = inspect.signature(component.__init__)
    (options,) = get_args(signature.parameters["options"].annotation)
    kind = get_args(signature.parameters["args"].annotation)[0]
    module = sys.modules[options.__module__]
    names = {name: getattr(found, name) for name, found in imported_names(inspect.getsource(module)).items()}
    written = inspect.get_annotations(options)
    evaluated = {name: eval(known.__forward_arg__, names) for name, known in written.items()}  # noqa: S307
    assert evaluated == annotations(kind)


def imported_names(source: str) -> dict[str, Any]:
    """Return the module of each name that a source imports."""
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    return {
        name.name: importlib.import_module(node.module)
        for node in imports
        if node.module and node.module != "__future__"
        for name in node.names
    }


@pytest.mark.parametrize("kind", COMPONENTS.values())
def test_an_unknown_key_is_refused(kind: type[Any]) -> None:
    with pytest.raises(ArgumentError, match=f"^noSuchKey is no argument of {kind.__name__}"):
        coerce_args(kind, {"noSuchKey": 1})


def test_an_unknown_key_is_refused_at_any_depth() -> None:
    routes = {"$default": {"target": FUNCTION, "throttle": {"rate": 1, "brust": 2}}}
    with pytest.raises(ArgumentError, match=r"routes\.\$default\.throttle\.brust is no argument of Throttle"):
        coerce_args(WebSocketApiArgs, {"routes": routes})


@pytest.mark.parametrize("allowed", [True, False])
def test_self_sign_up_follows_a_value_that_is_known_later(allowed: bool) -> None:
    def build(opts: pulumi.ResourceOptions) -> CognitoUsers:
        later = pulumi.Output.from_input(allowed)
        return CognitoUsers("users", self_sign_up=later, password_sign_in=later, opts=opts)

    _, deployed = deploy(build)
    config = deployed.one("UserPool").inputs["adminCreateUserConfig"]
    flows = deployed.one("UserPoolClient").inputs["explicitAuthFlows"]
    assert config == {"allowAdminCreateUserOnly": not allowed}
    assert ("ALLOW_USER_PASSWORD_AUTH" in flows) is allowed


def test_an_authorizer_that_no_route_uses_is_refused() -> None:
    with pytest.raises(ArgumentError, match="authorizer is unused"):
        WebSocketApiArgs(authorizer=FUNCTION, routes={"$default": FUNCTION})


def test_an_authorizer_on_a_message_route_is_refused() -> None:
    def build(opts: pulumi.ResourceOptions) -> None:
        WebSocketApi("api", routes={"chat": Route(target=FUNCTION, authorizer=FUNCTION)}, opts=opts)

    with pytest.raises(ArgumentError, match=r"allowed on \$connect only"):
        deploy(build)


def test_the_authorizer_of_the_api_guards_its_connect_route() -> None:
    def build(opts: pulumi.ResourceOptions) -> None:
        WebSocketApi("api", authorizer=FUNCTION, routes={"$connect": FUNCTION}, opts=opts)

    assert deploy(build)[1].one("Route", "-route").inputs["authorizationType"] == "CUSTOM"


def test_routes_whose_names_look_alike_have_names_of_their_own() -> None:
    keys = ["$default", "default", "chat.message", "chat-message", "chat/message"]

    def build(opts: pulumi.ResourceOptions) -> None:
        WebSocketApi("api", routes=dict.fromkeys(keys, FUNCTION), opts=opts)

    deployed = deploy(build)[1]
    assert {item.inputs["routeKey"] for item in deployed.of("Route")} == set(keys)
    assert all(item.name.replace("-", "").replace("_", "").isalnum() for item in deployed.of("Permission"))


def test_paths_whose_names_look_alike_have_names_of_their_own() -> None:
    keys = ["GET /a/b", "GET /a-b", "GET /a/{b}"]

    def build(opts: pulumi.ResourceOptions) -> None:
        HttpApi(
            "api", issuer="https://a.org", audience=["b"], routes=dict.fromkeys(keys, FUNCTION), opts=opts
        )

    assert {item.inputs["routeKey"] for item in deploy(build)[1].of("Route")} == set(keys)


def test_an_alias_is_called_by_its_own_address() -> None:
    _, deployed = deploy(lambda opts: WebSocketApi("api", routes={"$default": f"{FUNCTION}:live"}, opts=opts))
    permission = deployed.one("Permission").inputs
    assert (permission["function"], permission["qualifier"]) == (FUNCTION, "live")
    uri = deployed.one("Integration").inputs["integrationUri"]
    assert uri.endswith(f":lambda:path/2015-03-31/functions/{FUNCTION}:live/invocations")


def test_a_function_needs_no_name() -> None:
    def build(opts: pulumi.ResourceOptions) -> LambdaHandler:
        return LambdaHandler("worker", archive=pulumi.AssetArchive({}), handler="app.handler", opts=opts)

    made, deployed = deploy(build)
    inputs = deployed.one("Function").inputs
    assert "name" not in inputs
    assert inputs["loggingConfig"]["logGroup"] == resolved(made.log_group_name)


def test_the_schema_says_which_arguments_must_be_plain() -> None:
    properties = package_schema()["resources"]["websocket_sessions:index:WebSocketApi"]["inputProperties"]
    assert properties["accessLogs"]["plain"] is True
    assert "plain" not in properties["stageName"]


def test_the_schema_requires_what_has_no_default() -> None:
    for component, kind in COMPONENTS.items():
        resource = package_schema()["resources"][f"websocket_sessions:index:{component.__name__}"]
        assert len(resource["requiredInputs"]) == len(required_fields(kind))
