"""The whole backend: its parts, and that no function may do more than the table of permissions says."""

import json
import re
from typing import Any

import pulumi
import pytest

from tests.components.deployed import STACK, Deployed, deploy, resolved
from websocket_sessions.arguments import ArgumentError
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import SessionSettings
from websocket_sessions.permissions import FUNCTION_SPECS
from websocket_sessions.routes import functions_in_use, web_socket_routes
from websocket_sessions.session_backend import SessionBackend, SessionBackendArgs

STATED_WILDCARDS = {("dynamodb:ListStreams", "*")}
"""Actions that have no resource to name."""


def archives(names: list[str]) -> dict[str, pulumi.Archive]:
    return {name: pulumi.AssetArchive({}) for name in names}


def backend(
    settings: SessionSettings | None = None, stack: str = STACK, options: BackendOptions | None = None
) -> tuple[SessionBackend, Deployed]:
    names = functions_in_use(record_heartbeats=True, has_channel=True)
    args = SessionBackendArgs(archives=archives(names), settings=settings, options=options)
    return deploy(lambda opts: SessionBackend("sessions", args, opts=opts), stack=stack)


@pytest.fixture(scope="module")
def made() -> tuple[SessionBackend, Deployed]:
    return backend()


@pytest.fixture(scope="module")
def recording() -> tuple[SessionBackend, Deployed]:
    """A backend that records heartbeats, and so has every function."""
    return backend(SessionSettings(record_heartbeats=True))


@pytest.fixture(scope="module")
def channelled() -> tuple[SessionBackend, Deployed]:
    """A backend with a channel for large audiences."""
    return backend(options=BackendOptions(audience_channel="appSyncEvents"))


def statements(deployed: Deployed, function: str) -> list[dict[str, Any]]:
    slug = function.replace("_", "-")
    (policy,) = [item for item in deployed.of("RolePolicy") if item.name == f"sessions-{slug}-policy"]
    return json.loads(policy.inputs["policy"])["Statement"]


def allowed(deployed: Deployed, function: str) -> set[tuple[str, str]]:
    return {
        (action, resource.rpartition(":")[2])
        for statement in statements(deployed, function)
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not action.startswith("logs:")
    }


def test_every_resource_but_the_backend_has_a_parent(made: tuple[SessionBackend, Deployed]) -> None:
    orphans = [name for name, (_, parent) in made[1].table.items() if parent is None]
    assert orphans == ["sessions (SessionBackend)"]


def test_its_parts_are_components(made: tuple[SessionBackend, Deployed]) -> None:
    parts = {name for name, (_, parent) in made[1].table.items() if name.split()[0] != "sessions"
             and parent == "sessions" and "aws:" not in made[1].table[name][0]}  # fmt: skip
    components = {name for name in parts if "LambdaHandler" not in name}
    assert components == {
        "sessions-tables (SessionTables)",
        "sessions-users (CognitoUsers)",
        "sessions-fan-out (FanOutQueue)",
        "sessions-ws (WebSocketApi)",
        "sessions-http (HttpApi)",
        "sessions-keep-alive-invocations (AsyncInvocations)",
        "sessions-each-minute (Schedule)",
        "sessions-alarms (Observability)",
    }


def test_every_route_is_there(made: tuple[SessionBackend, Deployed]) -> None:
    keys = {item.inputs["routeKey"] for item in made[1].of("Route")}
    assert keys == {
        *web_socket_routes(record_heartbeats=False),
        "POST /sessions",
        "GET /sessions/{sessionId}",
        "PATCH /sessions/{sessionId}",
        "DELETE /sessions/{sessionId}",
    }


def test_each_function_has_a_role_a_log_group_and_a_name_of_its_own(
    made: tuple[SessionBackend, Deployed],
) -> None:
    functions = made[1].of("Function")
    names = functions_in_use(record_heartbeats=False)
    assert {item.inputs["name"] for item in functions} == {
        f"websocket-sessions-test-sessions-{name.replace('_', '-')}" for name in names
    }
    assert len({item.inputs["role"] for item in functions}) == len(names)
    assert {item.inputs["name"] for item in made[1].of("LogGroup")} == {
        f"/aws/lambda/{item.inputs['name']}" for item in functions
    }


def test_no_policy_allows_every_resource_or_every_action(made: tuple[SessionBackend, Deployed]) -> None:
    wild = {
        (action, resource)
        for policy in made[1].of("RolePolicy")
        for statement in json.loads(policy.inputs["policy"])["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if "*" in action or resource == "*"
    }
    assert wild == STATED_WILDCARDS


def test_a_failed_keep_alive_is_left_to_the_next_run_and_its_event_is_kept(
    made: tuple[SessionBackend, Deployed],
) -> None:
    config = made[1].one("FunctionEventInvokeConfig").inputs
    assert config["functionName"] == "websocket-sessions-test-sessions-keep-alive"
    assert (config["maximumRetryAttempts"], config["maximumEventAgeInSeconds"]) == (0, 60)
    destination = config["destinationConfig"]["onFailure"]["destination"]
    assert destination.endswith(":sessions-keep-alive-invocations-failed")
    (policy,) = [
        item for item in made[1].of("RolePolicy") if item.name == "sessions-keep-alive-invocations-policy"
    ]
    (statement,) = json.loads(policy.inputs["policy"])["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["sqs:SendMessage"], [destination])
    assert policy.inputs["role"] == "sessions-keep-alive-role"


def test_who_connects_may_put_a_connection_and_count_and_nothing_else(
    made: tuple[SessionBackend, Deployed],
) -> None:
    assert allowed(made[1], "connect") == {
        ("dynamodb:PutItem", "table/sessions-tables-connections"),
        ("dynamodb:UpdateItem", "table/sessions-tables-limits"),
    }


def test_who_authorizes_may_do_nothing_at_all(made: tuple[SessionBackend, Deployed]) -> None:
    assert allowed(made[1], "authorize") == set()


def test_who_publishes_may_push_and_cut_but_not_look_up_connections(
    made: tuple[SessionBackend, Deployed],
) -> None:
    verbs = {resource for action, resource in allowed(made[1], "publish") if action.startswith("execute-api")}
    assert verbs == {f"sessions-ws-api/live/{verb}/@connections/*" for verb in ("POST", "DELETE")}


def test_only_who_serves_the_queue_may_say_when_a_message_comes_again(
    made: tuple[SessionBackend, Deployed],
) -> None:
    """And leave listeners to the queue, as every function that broadcasts does."""
    asked = ("sqs:ChangeMessageVisibility", "sessions-fan-out-queue")
    assert [
        name for name in functions_in_use(record_heartbeats=False) if asked in allowed(made[1], name)
    ] == ["fan_out"]
    assert ("sqs:SendMessage", "sessions-fan-out-queue") in allowed(made[1], "fan_out")


def test_who_serves_the_queue_may_change_sessions_only_where_messages_wait(
    made: tuple[SessionBackend, Deployed],
) -> None:
    """A flush closes a session's batch. Nothing else of the queue uses the sessions."""
    _, coalescing = backend(SessionSettings(coalescing_interval=1))
    closes = {("dynamodb:UpdateItem", "table/sessions-tables-sessions")}
    assert allowed(coalescing, "fan_out") - allowed(made[1], "fan_out") == closes
    assert allowed(made[1], "fan_out") < allowed(coalescing, "fan_out")
    others = [name for name in functions_in_use(record_heartbeats=False) if name != "fan_out"]
    assert [name for name in others if allowed(coalescing, name) != allowed(made[1], name)] == []
    for deployed, has_table in ((coalescing, True), (made[1], False)):
        (function,) = [one for one in deployed.of("Function") if one.inputs["name"].endswith("-fan-out")]
        assert ("SESSIONS_TABLE" in function.inputs["environment"]["variables"]) is has_table


@pytest.mark.parametrize(
    "handler", [name for name, spec in FUNCTION_SPECS.items() if "POST" in spec.connections]
)
def test_who_pushes_has_time_to_try_again(handler: str) -> None:
    """API Gateway waits 29 s; what the functions derive from that is in functions/domain/delivery.py."""
    invoked_by_aws = handler in {"fan_out", "presence", "keep_alive"}
    assert FUNCTION_SPECS[handler].timeout >= 29 if invoked_by_aws else FUNCTION_SPECS[handler].timeout == 29


@pytest.mark.parametrize("function", sorted(functions_in_use(record_heartbeats=True)))
def test_a_function_is_told_of_the_tables_it_may_use_and_no_others(
    function: str, recording: tuple[SessionBackend, Deployed]
) -> None:
    slug = function.replace("_", "-")
    (item,) = [
        item
        for item in recording[1].of("Function")
        if item.inputs["name"] == f"websocket-sessions-test-sessions-{slug}"
    ]
    variables = item.inputs["environment"]["variables"]
    tables = {name.removesuffix("_TABLE").lower() for name in variables if name.endswith("_TABLE")}
    assert tables == set(FUNCTION_SPECS[function].tables)
    assert ("CALLBACK_URL" in variables) is bool(FUNCTION_SPECS[function].connections)
    assert ("JWKS_URL" in variables) is FUNCTION_SPECS[function].verifies_tokens


def test_functions_digest_with_a_secret_of_the_stack(recording: tuple[SessionBackend, Deployed]) -> None:
    """The key is in a parameter that later deployments leave as it is, and in no output."""
    backend, deployed = recording
    parameter = deployed.one("Parameter", "digest-key").inputs
    assert parameter["type"] == "SecureString"
    key = parameter["value"]
    assert len(key) == 64
    variables = [item.inputs["environment"]["variables"] for item in deployed.of("Function")]
    assert {names["DIGEST_KEY"] for names in variables} == {key}
    assert key not in str(resolved(backend.frontend_config))


def test_only_who_publishes_may_call_the_hook_and_only_where_there_is_one(
    made: tuple[SessionBackend, Deployed],
) -> None:
    hook = "arn:aws:lambda:eu-central-1:123456789012:function:translate"
    _, deployed = backend(SessionSettings(hook_function_arn=hook))
    calls = ("lambda:InvokeFunction", "translate")
    assert [
        name for name in functions_in_use(record_heartbeats=False) if calls in allowed(deployed, name)
    ] == ["publish"]
    assert "lambda:InvokeFunction" not in {action for action, _ in allowed(made[1], "publish")}


def test_a_stack_that_lets_no_one_join_without_signing_in_keeps_look_ups_to_users() -> None:
    _, deployed = backend(SessionSettings(allow_anonymous=False))
    assert {
        item.inputs["authorizationType"] for item in deployed.of("Route") if " /" in item.inputs["routeKey"]
    } == {"JWT"}


def test_heartbeats_run_a_function_only_where_they_are_recorded(
    made: tuple[SessionBackend, Deployed], recording: tuple[SessionBackend, Deployed]
) -> None:
    assert "heartbeat" not in made[0].function_names
    assert "heartbeat" in recording[0].function_names


def test_a_frontend_learns_all_it_needs(made: tuple[SessionBackend, Deployed]) -> None:
    assert resolved(made[0].frontend_config) == {
        "webSocketUrl": "wss://sessions-ws-api.execute-api.eu-central-1.amazonaws.com/live",
        "httpUrl": "wss://sessions-http-api.execute-api.eu-central-1.amazonaws.com/live",
        "region": "eu-central-1",
        "userPoolId": "sessions-users-pool-id",
        "userPoolClientId": "sessions-users-client-id",
        "supportedLanguages": ["en", "es", "fr", "de", "it", "pt", "ja", "zh", "ko", "ar"],
        "hasHook": False,
        "selfSignUp": False,
        "passwordReset": True,
    }


def test_a_frontend_learns_which_languages_the_stack_serves() -> None:
    made, _ = backend(SessionSettings(supported_languages=["cy", "en"]))
    assert resolved(made.frontend_config)["supportedLanguages"] == ["cy", "en"]


def test_a_frontend_learns_whether_a_hook_can_serve_languages() -> None:
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:translate"
    made, _ = backend(SessionSettings(hook_function_arn=arn))
    assert resolved(made.frontend_config)["hasHook"] is True


PUBLISHES = ("appsync:EventPublish", "apis/sessions-channel-api/channelNamespace/sessions")
RECORDS_LANGUAGES = ("dynamodb:UpdateItem", "table/sessions-tables-sessions")


def environment(deployed: Deployed, function: str) -> dict[str, str]:
    slug = function.replace("_", "-")
    found = deployed.one("Function", f"sessions-{slug}-function").inputs["environment"]["variables"]
    return {name: value for name, value in found.items() if name.startswith("CHANNEL_")}


def test_a_stack_without_a_channel_has_nothing_of_it(made: tuple[SessionBackend, Deployed]) -> None:
    assert not [kind for kind, _ in made[1].inputs if kind.startswith("aws:appsync/")]
    assert "authorize_channel" not in made[0].function_names
    functions = functions_in_use(record_heartbeats=False)
    assert [name for name in functions if PUBLISHES in allowed(made[1], name)] == []
    assert [name for name in functions if environment(made[1], name)] == []
    assert RECORDS_LANGUAGES not in allowed(made[1], "join_session")
    assert made[0].channel is None


def test_a_channel_changes_nothing_but_what_uses_it(
    made: tuple[SessionBackend, Deployed], channelled: tuple[SessionBackend, Deployed]
) -> None:
    """Without what the table of permissions says of the channel, both stacks are the same."""
    without, having = comparable(made[1]), comparable(channelled[1])
    added = having.keys() - without.keys()
    assert without.keys() <= having.keys()
    assert {name for _, name in added if "authorize-channel" not in name} == {
        "sessions-channel",
        "sessions-channel-api",
        "sessions-channel-authorizer-permission",
        "sessions-channel-namespace",
        "sessions-alarms-channel-errors",
    }
    changed = {key[1] for key in without if without[key] != having[key]}
    users = {
        name.replace("_", "-")
        for name, spec in FUNCTION_SPECS.items()
        if (spec.publishes_to_channel or spec.offers_channel)
    }
    assert changed == {"sessions-alarms-dashboard"} | {
        f"sessions-{user}-{part}" for user in users for part in ("function", "policy")
    }


def comparable(deployed: Deployed) -> dict[tuple[str, str], str]:
    """Return each resource's inputs as text, without the key that each program makes at random."""
    key = str(deployed.one("Parameter", "digest-key").inputs["value"])
    return {
        name: json.dumps(inputs, sort_keys=True, default=lambda _: "archive").replace(key, "digest key")
        for name, inputs in deployed.inputs.items()
    }


def test_functions_that_broadcast_publish_to_the_channel_and_others_do_not(
    channelled: tuple[SessionBackend, Deployed],
) -> None:
    deployed = channelled[1]
    for name in functions_in_use(record_heartbeats=False, has_channel=True):
        spec = FUNCTION_SPECS[name]
        assert (PUBLISHES in allowed(deployed, name)) is spec.publishes_to_channel
        names = {"CHANNEL_PUBLISH_URL": spec.publishes_to_channel or spec.offers_channel,
                 "CHANNEL_SUBSCRIBE_URL": spec.offers_channel}  # fmt: skip
        assert set(environment(deployed, name)) == {key for key, given in names.items() if given}


def test_the_function_that_offers_the_channel_records_languages(
    channelled: tuple[SessionBackend, Deployed],
) -> None:
    assert RECORDS_LANGUAGES in allowed(channelled[1], "join_session")
    assert environment(channelled[1], "join_session") == {
        "CHANNEL_PUBLISH_URL": "https://a.appsync-api.eu-central-1.amazonaws.com/event",
        "CHANNEL_SUBSCRIBE_URL": "wss://a.appsync-realtime-api.eu-central-1.amazonaws.com/event/realtime",
    }


def test_the_authorizer_of_the_channel_counts_and_does_nothing_else(
    channelled: tuple[SessionBackend, Deployed],
) -> None:
    assert allowed(channelled[1], "authorize_channel") == {
        ("dynamodb:UpdateItem", "table/sessions-tables-limits")
    }


def test_pages_may_connect_to_the_channel(
    made: tuple[SessionBackend, Deployed], channelled: tuple[SessionBackend, Deployed]
) -> None:
    url = "wss://a.appsync-realtime-api.eu-central-1.amazonaws.com/event/realtime"
    assert set(resolved(channelled[0].endpoints)) - set(resolved(made[0].endpoints)) == {url}


def test_a_missing_archive_is_named() -> None:
    args = SessionBackendArgs(archives=archives(["publish"]))
    with pytest.raises(ArgumentError, match="an archive for authorize is needed"):
        deploy(lambda opts: SessionBackend("sessions", args, opts=opts))


@pytest.mark.parametrize(
    "stack", ["feature.login.v2", "Dev", "a-branch-with-a-name-of-more-than-forty-characters"]
)
def test_any_stack_name_gives_names_that_aws_accepts(stack: str) -> None:
    allowed_names = {
        "Function": ("name", r"[A-Za-z0-9_-]{1,64}"),
        "LogGroup": ("name", r"[A-Za-z0-9_/.#-]{1,512}"),
        "Dashboard": ("dashboardName", r"[A-Za-z0-9_-]{1,255}"),
    }
    made, others = backend(stack=stack)[1], backend(stack=f"{stack}-2")[1]
    for kind, (key, pattern) in allowed_names.items():
        names = [resource.inputs[key] for resource in made.of(kind)]
        assert names
        assert [name for name in names if not re.fullmatch(pattern, name)] == []
        assert len(set(names)) == len(names)
        assert set(names).isdisjoint(resource.inputs[key] for resource in others.of(kind)), (
            "two stacks, two names"
        )
