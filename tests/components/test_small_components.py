"""Users, queue, schedule, alarms, pages: one resource or two each, and what makes them safe."""

import json
import re
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.components.deployed import REGION, Deployed, deploy, resolved
from websocket_sessions.arguments import ArgumentError
from websocket_sessions.cognito_users import CognitoUsers, CognitoUsersArgs
from websocket_sessions.fan_out_queue import FanOutQueue, FanOutQueueArgs
from websocket_sessions.flood_alarms import flood_alarms
from websocket_sessions.lambda_handler import LambdaHandler, LambdaHandlerArgs
from websocket_sessions.names import stack_name
from websocket_sessions.observability import (
    METRICS_NAMESPACE,
    LogAlarm,
    Observability,
    ObservabilityArgs,
    Watched,
    WatchedFunction,
)
from websocket_sessions.permissions import FUNCTION_SPECS
from websocket_sessions.schedule import Schedule, ScheduleArgs
from websocket_sessions.static_site import StaticSite, StaticSiteArgs

ROOT = Path(__file__).resolve().parents[2]
METRIC = "websocket-sessions-test-watch-logged-errors"


def function(name: str, opts: pulumi.ResourceOptions) -> LambdaHandler:
    args = LambdaHandlerArgs(
        archive=pulumi.AssetArchive({}), handler="h.handler", function_name=name, timeout=30
    )
    return LambdaHandler(name, args, opts=opts)


def test_users_sign_in_by_srp_and_no_one_learns_who_exists() -> None:
    users, deployed = deploy(lambda opts: CognitoUsers("users", CognitoUsersArgs(), opts=opts))
    client, pool = deployed.one("UserPoolClient").inputs, deployed.one("UserPool").inputs
    assert client["explicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert (client["generateSecret"], client["preventUserExistenceErrors"]) == (False, "ENABLED")
    assert pool["deletionProtection"] == "ACTIVE"
    assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": True}
    assert pool["passwordPolicy"]["minimumLength"] == 12
    assert {item.parent for item in (*deployed.of("UserPool"), *deployed.of("UserPoolClient"))} == {"users"}
    issuer = "https://cognito-idp.eu-central-1.amazonaws.com/users-pool"
    assert resolved(users.issuer) == issuer
    assert resolved(users.jwks_url) == f"{issuer}/.well-known/jwks.json"


def test_a_demonstration_may_send_passwords_and_have_its_keys_elsewhere() -> None:
    args = CognitoUsersArgs(
        password_sign_in=True, deletion_protection=False, self_sign_up=True, endpoint="http://localhost:4566"
    )
    users, deployed = deploy(lambda opts: CognitoUsers("users", args, opts=opts))
    assert "ALLOW_USER_PASSWORD_AUTH" in deployed.one("UserPoolClient").inputs["explicitAuthFlows"]
    assert deployed.one("UserPool").inputs["deletionProtection"] == "INACTIVE"
    assert resolved(users.jwks_url) == "http://localhost:4566/users-pool-id/.well-known/jwks.json"


@pytest.fixture(scope="module")
def queue() -> Deployed:
    def build(opts: pulumi.ResourceOptions) -> None:
        FanOutQueue("fan-out", FanOutQueueArgs(), opts=opts).deliver_to(function("consumer", opts))

    return deploy(build)[1]


def test_what_cannot_be_delivered_becomes_a_dead_letter_after_bounded_tries(queue: Deployed) -> None:
    inputs = queue.one("Queue", "queue").inputs
    redrive = json.loads(inputs["redrivePolicy"])
    assert inputs["redrivePolicy"] == json.dumps(redrive, sort_keys=True, separators=(",", ":")), (
        "as SQS has it"
    )
    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"].endswith(":fan-out-dead-letters")
    assert (inputs["visibilityTimeoutSeconds"], inputs["sqsManagedSseEnabled"]) == (180, True)
    assert {item.parent for item in queue.of("Queue")} == {"fan-out"}


def test_the_consumer_fails_message_by_message_and_its_number_is_bounded(queue: Deployed) -> None:
    mapping = queue.one("EventSourceMapping")
    assert mapping.parent == "fan-out"
    assert mapping.inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping.inputs["scalingConfig"] == {"maximumConcurrency": 10}


def test_a_schedule_calls_one_function_with_bounded_tries() -> None:
    def build(opts: pulumi.ResourceOptions) -> None:
        Schedule("each-minute", ScheduleArgs(function=function("keep-alive", opts)), opts=opts)

    deployed = deploy(build)[1]
    schedule = deployed.one("Schedule", "each-minute-schedule").inputs
    assert schedule["scheduleExpression"] == "rate(1 minute)"
    assert schedule["target"]["retryPolicy"] == {"maximumRetryAttempts": 2, "maximumEventAgeInSeconds": 60}
    (statement,) = json.loads(deployed.one("RolePolicy", "each-minute").inputs["policy"])["Statement"]
    assert statement["Action"] == ["lambda:InvokeFunction"]
    assert statement["Resource"] == ["arn:aws:lambda:eu-central-1:123456789012:function:keep-alive"]
    role = deployed.one("Role", "each-minute")
    assert role.parent == "each-minute"
    (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def observed(**more: Any) -> Deployed:
    return watched(**more)[1]


def watched(partition: str = "aws", **more: Any) -> tuple[Observability, Deployed]:
    def build(opts: pulumi.ResourceOptions) -> Observability:
        args = ObservabilityArgs(
            functions={
                "presence": function("presence", opts),
                "keep_alive": function("keep-alive", opts),
            },
            web_socket_api_id="api",
            stage_name="live",
            dead_letter_queue_name="dead",
            metrics_namespace="Own",
            stream_function="presence",
            scheduled_function="keep_alive",
            log_alarms=flood_alarms({"keep_alive"}),
            **more,
        )
        return Observability("watch", args, opts=opts)

    return deploy(build, partition=partition)


@pytest.mark.parametrize(
    ("partition", "host"),
    [
        ("aws", "console.aws.amazon.com"),
        ("aws-cn", "console.amazonaws.cn"),
        ("aws-us-gov", "console.amazonaws-us-gov.com"),
    ],
)
def test_the_dashboard_s_link_leads_to_the_console_of_the_partition(partition: str, host: str) -> None:
    address = resolved(watched(partition)[0].dashboard_url)
    assert address.startswith(f"https://{REGION}.{host}/cloudwatch/"), address


def test_alarms_cover_functions_stream_queue_and_api() -> None:
    alarms = {
        item.name: (item.inputs["metricName"], item.inputs["threshold"])
        for item in observed().of("MetricAlarm")
    }
    assert alarms == {
        "watch-connections-refused": (METRIC.replace("logged-errors", "connections-refused"), 60),
        "watch-dead-letters": ("ApproximateNumberOfMessagesVisible", 0),
        "watch-execution-errors": ("ExecutionError", 0),
        "watch-limits-degraded": (METRIC.replace("logged-errors", "limits-degraded"), 0),
        "watch-listeners-disconnected": (METRIC.replace("logged-errors", "listeners-disconnected"), 10),
        "watch-keep-alive-errors": ("Errors", 0),
        "watch-keep-alive-near-timeout": ("Duration", 24_000),
        "watch-keep-alive-throttles": ("Throttles", 0),
        "watch-logged-errors": (METRIC, 0),
        "watch-presence-errors": ("Errors", 0),
        "watch-presence-near-timeout": ("Duration", 24_000),
        "watch-presence-throttles": ("Throttles", 0),
        "watch-schedule-stopped": ("Invocations", 1),
        "watch-stream-behind": ("IteratorAge", 60_000),
    }


def test_the_operations_page_explains_each_alarm() -> None:
    """`<function>` in a row stands for each watched function."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    documented = {row.split("`")[1] for row in text.splitlines() if row.startswith("| `")}
    alarms = {item.name.removeprefix("watch-") for item in observed(event_api_id="events").of("MetricAlarm")}
    patterns = {name.replace("<function>", "[a-z-]+") for name in documented}

    assert {
        alarm for alarm in alarms if not any(re.fullmatch(pattern, alarm) for pattern in patterns)
    } == set()


def test_the_operations_page_documents_no_alarm_that_does_not_exist() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition("## Counters")[0]
    documented = {row.split("`")[1] for row in text.splitlines() if row.startswith("| `")}
    alarms = [item.name.removeprefix("watch-") for item in observed(event_api_id="events").of("MetricAlarm")]
    patterns = {name: re.compile(name.replace("<function>", "[a-z-]+")) for name in documented}
    assert {name for name, pattern in patterns.items() if not any(map(pattern.fullmatch, alarms))} == set()


def test_the_operations_page_names_the_namespace_of_the_counters() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"CloudWatch namespace `{METRICS_NAMESPACE}`" in text


def shown_services(stack: str) -> set[tuple[str, str]]:
    """Return the namespaces and services whose counters the dashboard of a stack searches for."""

    def build(opts: pulumi.ResourceOptions) -> None:
        functions: dict[str, Watched] = {
            name: WatchedFunction(function_name=stack_name("s", name), log_group_name=name, timeout=30)
            for name in FUNCTION_SPECS
        }
        Observability("watch", ObservabilityArgs(functions=functions), opts=opts)

    body = json.loads(deploy(build, stack=stack)[1].one("Dashboard").inputs["dashboardBody"])
    searches = [
        metric[0]["expression"]
        for widget in body["widgets"]
        for metric in widget["properties"]["metrics"]
        if isinstance(metric[0], dict)
    ]
    assert all(len(search) <= 1024 for search in searches), "CloudWatch refuses a longer expression"
    found = [re.search(r'Namespace="(\w+)" service=\((.+?)\)', search) for search in searches]
    return {(item[1], name) for item in found if item for name in re.findall(r'"([^"]+)"', item[2])}


def test_the_dashboards_of_two_stacks_show_their_own_counters_only() -> None:
    """Quoted terms match a dimension's whole value, so `dev` does not find what `dev-two` counted."""
    one, two = shown_services("dev"), shown_services("dev-two")
    assert len(one) == len(two) == len(FUNCTION_SPECS)
    assert one.isdisjoint(two)
    assert {namespace for namespace, _ in one | two} == {METRICS_NAMESPACE}


def test_a_schedule_that_falls_silent_alarms() -> None:
    alarm = observed().one("MetricAlarm", "watch-schedule-stopped").inputs
    assert alarm["treatMissingData"] == "missing"
    assert "insufficientDataActions" not in alarm
    alarm = observed(alarm_topic=True).one("MetricAlarm", "watch-schedule-stopped").inputs
    assert alarm["insufficientDataActions"] == alarm["alarmActions"]


def test_an_error_in_any_log_alarms_although_the_client_was_answered() -> None:
    filters = [item for item in observed().of("LogMetricFilter") if item.name.endswith("-logged-errors")]
    assert {item.inputs["logGroupName"] for item in filters} == {
        "/aws/lambda/presence",
        "/aws/lambda/keep-alive",
    }
    assert {item.inputs["pattern"] for item in filters} == {'{ $.level = "ERROR" }'}
    assert {item.inputs["metricTransformation"]["name"] for item in filters} == {METRIC}


def test_alarms_tell_a_topic_where_there_is_one() -> None:
    assert {item.inputs.get("alarmActions") for item in observed().of("MetricAlarm")} == {None}
    resources = observed(alarm_topic=True)
    assert "kmsMasterKeyId" not in resources.one("Topic").inputs, "CloudWatch may not use SNS's own key"
    actions = [item.inputs["alarmActions"] for item in resources.of("MetricAlarm")]
    assert all(action == ["arn:aws:sns:eu-central-1:123456789012:watch-alarms"] for action in actions)


def test_alarms_can_be_left_out_and_the_dashboard_stays() -> None:
    deployed = observed(alarms=False)
    assert deployed.of("MetricAlarm") == []
    body = json.loads(deployed.one("Dashboard").inputs["dashboardBody"])
    assert {widget["properties"]["region"] for widget in body["widgets"]} == {"eu-central-1"}
    assert deployed.one("Dashboard").parent == "watch"


def test_an_event_api_is_watched_for_publishes_that_it_failed() -> None:
    deployed = observed(event_api_id="events")
    alarm = deployed.one("MetricAlarm", "channel-errors").inputs
    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/AppSync", "5XXError")
    assert (alarm["dimensions"], alarm["threshold"]) == ({"EventAPIId": "events"}, 0)
    titles = widgets(deployed).keys() - widgets(observed()).keys()
    assert titles == {"Requests to the audience's channel", "The audience's channel"}
    requests = widgets(deployed)["Requests to the audience's channel"]
    assert ["AWS/AppSync", "4XXError", "EventAPIId", "events"] in requests
    ((search,),) = widgets(deployed)["The audience's channel"]
    assert 'EventAPIId="events"' in search["expression"]


def widgets(deployed: Deployed) -> dict[str, list[Any]]:
    """Return the metrics of the dashboard's graphs by title."""
    body = json.loads(deployed.one("Dashboard").inputs["dashboardBody"])
    return {item["properties"]["title"]: item["properties"]["metrics"] for item in body["widgets"]}


@pytest.fixture
def site(tmp_path: Path) -> Deployed:
    for name in ("index.html", "404.html", "assets/app-1a2b.js"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("<!doctype html>\n<html><head><title>T</title>" if name.endswith(".html") else "")
    args = StaticSiteArgs(
        directory=str(tmp_path),
        config={"region": "eu-central-1"},
        endpoints=["wss://a.org/live", "https://b.org/live", "https://b.org/other"],
    )
    return deploy(lambda opts: StaticSite("site", args, opts=opts))[1]


def test_the_bucket_is_private_and_answers_its_distribution_only(site: Deployed) -> None:
    block = site.one("BucketPublicAccessBlock").inputs
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(block[name] is True for name in names)
    (statement,) = json.loads(site.one("BucketPolicy").inputs["policy"])["Statement"]
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert statement["Condition"]["StringEquals"]["AWS:SourceArn"].endswith("distribution/site-distribution")
    assert {parent for _, parent in site.table.values()} == {None, "site"}


def test_pages_may_connect_to_the_endpoints_and_nowhere_else(site: Deployed) -> None:
    headers = site.one("ResponseHeadersPolicy").inputs["securityHeadersConfig"]
    assert "default-src 'none'" in headers["contentSecurityPolicy"]["contentSecurityPolicy"]
    pages = [item.inputs for item in site.of("BucketObjectv2") if item.inputs["key"].endswith(".html")]
    assert {page["key"] for page in pages} == {"index.html", "404.html"}
    for page in pages:
        assert page["content"] == (
            '<!doctype html>\n<html><head><meta http-equiv="Content-Security-Policy" '
            """content="connect-src 'self' https://b.org wss://a.org" /><title>T</title>"""
        )
    assert headers["frameOptions"]["frameOption"] == "DENY"


def test_an_address_without_a_file_gets_the_page_404(site: Deployed) -> None:
    responses = site.one("Distribution").inputs["customErrorResponses"]
    shown = {(one["errorCode"], one["responseCode"], one["responsePagePath"]) for one in responses}
    assert shown == {(403, 404, "/404.html"), (404, 404, "/404.html")}


def test_files_have_their_type_and_only_hashed_ones_are_cached_for_ever(site: Deployed) -> None:
    files = {item.inputs["key"]: item.inputs for item in site.of("BucketObjectv2")}
    assert {
        key: (item["contentType"].partition(";")[0], item["cacheControl"]) for key, item in files.items()
    } == {
        "404.html": ("text/html", "no-cache"),
        "assets/app-1a2b.js": ("text/javascript", "public, max-age=31536000, immutable"),
        "config.json": ("application/json", "no-cache"),
        "index.html": ("text/html", "no-cache"),
    }
    assert json.loads(files["config.json"]["content"]) == {"region": "eu-central-1"}


def test_floods_are_counted_in_the_logs_of_the_functions_that_meet_them() -> None:
    alarms = flood_alarms(FUNCTION_SPECS)
    assert set(alarms["connections-refused"].functions) == {"authorize", "connect"}
    assert {"connect", "join_session"} <= set(alarms["limits-degraded"].functions)
    assert {"publish", "fan_out"} <= set(alarms["listeners-disconnected"].functions)
    (counted,) = [
        item for item in observed().of("LogMetricFilter") if item.name.endswith("-listeners-disconnected")
    ]
    assert counted.inputs["metricTransformation"]["value"] == "$.ListenersDisconnected[0]"


def test_an_alarm_on_a_function_that_is_not_watched_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"log_alarms\.quiet\.functions is 'none': allowed is chat"):
        ObservabilityArgs(
            functions={"chat": WatchedFunction(function_name="c", log_group_name="c", timeout=1)},
            log_alarms={"quiet": LogAlarm(functions=("none",), pattern="x")},
        )
