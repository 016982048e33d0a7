"""SnapStart: every caller of a function uses its alias, and without the option nothing is different."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from tests.components.deployed import ACCOUNT, REGION, Deployed, deploy, resolved
from websocket_sessions.arguments import ArgumentError
from websocket_sessions.backend_route import BackendRoute
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.stack_config import read_config
from websocket_sessions.function_ref import function_ref
from websocket_sessions.lambda_handler import LambdaHandler, LambdaHandlerArgs
from websocket_sessions.routes import functions_in_use
from websocket_sessions.session_backend import SessionBackend, SessionBackendArgs

FUNCTIONS = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
PREFIX = f"{FUNCTIONS}websocket-sessions-test-sessions-"
HANDLERS = functions_in_use(record_heartbeats=False)


def backend(routes: Mapping[str, BackendRoute] | None = None, **options: Any) -> Deployed:
    names = functions_in_use(record_heartbeats=False, has_channel=True)
    args = SessionBackendArgs(
        archives={name: pulumi.AssetArchive({}) for name in names},
        options=BackendOptions(**options),
        routes=routes or {},
    )
    return deploy(lambda opts: SessionBackend("sessions", args, opts=opts))[1]


@pytest.fixture(scope="module")
def without() -> Deployed:
    return backend()


@pytest.fixture(scope="module")
def deployed() -> Deployed:
    return backend(snap_start=True)


def handler(**more: Any) -> tuple[LambdaHandler, Deployed]:
    def build(opts: pulumi.ResourceOptions) -> LambdaHandler:
        args = LambdaHandlerArgs(
            archive=pulumi.AssetArchive({}), handler="app.handler", function_name="app", **more
        )
        return LambdaHandler("app", args, opts=opts)

    return deploy(build)


def test_without_the_option_there_is_no_version_no_alias_and_no_qualifier(without: Deployed) -> None:
    assert without.of("Alias") == []
    inputs = [name for resource in without.inputs.values() for name in resource]
    assert not {"publish", "snapStart", "qualifier"} & set(inputs)
    assert not [
        resource for resource in without.inputs.values() if ":live" in json.dumps(resource, default=str)
    ]


def test_each_function_publishes_its_versions_and_has_an_alias_of_the_newest(deployed: Deployed) -> None:
    functions = deployed.of("Function")
    assert len(functions) == len(HANDLERS)
    for function in functions:
        assert (function.inputs["publish"], function.inputs["snapStart"]) == (
            True,
            {"applyOn": "PublishedVersions"},
        )
    aliases = {alias.inputs["functionName"]: alias.inputs for alias in deployed.of("Alias")}
    assert aliases == {
        function.inputs["name"]: {
            "name": "live",
            "functionName": function.inputs["name"],
            "functionVersion": "7",
        }
        for function in functions
    }


def test_both_apis_call_the_aliases_and_may_call_nothing_else(deployed: Deployed) -> None:
    called = [item.inputs for item in deployed.of("Integration") if item.inputs["integrationType"] != "MOCK"]
    assert called
    assert all(item["integrationUri"].endswith(":live") for item in called)
    assert deployed.one("Authorizer", "ws").inputs["authorizerUri"] == f"invoke:{PREFIX}authorize:live"
    assert {item.inputs["qualifier"] for item in deployed.of("Permission")} == {"live"}


def test_the_audience_s_channel_asks_the_alias_of_its_authorizer() -> None:
    made = backend(snap_start=True, audience_channel="appSyncEvents")
    providers = made.one("Api", "channel").inputs["eventConfig"]["authProviders"]
    uris = [item["lambdaAuthorizerConfig"]["authorizerUri"] for item in providers if len(item) > 1]
    assert uris == [f"{PREFIX}authorize-channel:live"]
    assert made.one("Permission", "channel").inputs["qualifier"] == "live"


def test_schedule_queue_and_stream_invoke_the_aliases(deployed: Deployed) -> None:
    assert (
        deployed.one("Schedule", "each-minute-schedule").inputs["target"]["arn"] == f"{PREFIX}keep-alive:live"
    )
    (statement,) = json.loads(deployed.one("RolePolicy", "each-minute").inputs["policy"])["Statement"]
    assert statement["Resource"] == [f"{PREFIX}keep-alive:live"]
    assert {item.inputs["functionName"] for item in deployed.of("EventSourceMapping")} == {
        f"{PREFIX}fan-out:live",
        f"{PREFIX}presence:live",
    }


def test_the_limits_of_asynchronous_invocations_are_the_alias_s(deployed: Deployed) -> None:
    config = deployed.one("FunctionEventInvokeConfig").inputs
    assert config["functionName"] == "websocket-sessions-test-sessions-keep-alive"
    assert config["qualifier"] == "live"


def test_the_keep_alive_continues_by_its_alias_and_may_invoke_that_alone(deployed: Deployed) -> None:
    policy = json.loads(deployed.one("RolePolicy", "keep-alive-policy").inputs["policy"])
    (invoked,) = [item for item in policy["Statement"] if item["Action"] == ["lambda:InvokeFunction"]]
    assert invoked["Resource"] == [f"{PREFIX}keep-alive:live"]
    with_alias = {
        item.inputs["name"]
        for item in deployed.of("Function")
        if item.inputs["environment"]["variables"].get("FUNCTION_ALIAS") == "live"
    }
    assert with_alias == {"websocket-sessions-test-sessions-keep-alive"}


def test_alarms_dashboard_and_logs_are_those_of_the_function(deployed: Deployed, without: Deployed) -> None:
    """The metrics of a function by FunctionName count all of its versions and aliases."""
    for kind in ("MetricAlarm", "Dashboard", "LogMetricFilter", "LogGroup"):
        assert deployed.of(kind) == without.of(kind)


def test_a_further_route_has_it_by_a_setting_of_its_own(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text("")
    routes = {
        "plain": BackendRoute(handler="app.handler"),
        "fast": BackendRoute(handler="app.handler", snap_start=True),
    }
    made = backend(routes)
    (alias,) = made.of("Alias")
    assert "fast" in alias.name
    assert {item.inputs.get("qualifier") for item in made.of("Permission") if "plain" in item.name} == {None}
    assert {item.inputs.get("qualifier") for item in made.of("Permission") if "fast" in item.name} == {"live"}


def test_a_handler_s_reserved_concurrency_stays_on_the_function() -> None:
    made, deployed = handler(snap_start=True, reserved_concurrency=5)
    assert deployed.one("Function").inputs["reservedConcurrentExecutions"] == 5
    assert resolved(made.function_arn) == f"{FUNCTIONS}app"
    assert resolved(made.target_arn) == f"{FUNCTIONS}app:live"
    assert resolved(made.invoke_arn) == f"invoke:{FUNCTIONS}app:live"


@pytest.mark.parametrize("snap_start", [True, False])
def test_a_reference_to_a_handler_names_its_alias_if_it_has_one(snap_start: bool) -> None:
    reference = function_ref(handler(snap_start=snap_start)[0])
    assert resolved(reference.name) == "app"
    assert resolved(reference.qualifier) == ("live" if snap_start else None)
    assert resolved(reference.arn) == f"{FUNCTIONS}app" + (":live" if snap_start else "")


@pytest.mark.parametrize("runtime", ["python3.11", "nodejs22.x", "provided.al2023", "java8.al2", "dotnet6"])
def test_a_runtime_without_it_is_refused(runtime: str) -> None:
    with pytest.raises(
        ArgumentError, match=rf"snap_start is True: allowed .* runtime is {re.escape(runtime)}"
    ):
        handler(snap_start=True, runtime=runtime)


@pytest.mark.parametrize("runtime", ["python3.12", "python3.13", "java11", "java21", "dotnet8"])
def test_a_runtime_with_it_is_accepted(runtime: str) -> None:
    assert handler(snap_start=True, runtime=runtime)[1].one("Alias")


def test_the_stack_s_config_sets_it() -> None:
    def read(value: str) -> BackendOptions:
        return deploy(lambda opts: read_config().options, {"websocket-sessions:snapStart": value})[0]

    assert (read("true").snap_start, read("false").snap_start) == (True, False)
    with pytest.raises(ArgumentError, match=r"snapStart is True: allowed .* runtime is python3\.11"):
        BackendOptions(snap_start=True, lambda_runtime="python3.11")
