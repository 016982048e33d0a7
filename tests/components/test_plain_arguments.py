"""The error for an Output where a plain value is needed gives the argument's own reason."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pulumi
import pytest
from pulumi.output import Unknown

from tests.components.deployed import deploy
from websocket_sessions import (
    BackendOptions,
    BackendRoute,
    LogAlarm,
    MockReply,
    Observability,
    SessionSettings,
    WatchedFunction,
    WebSocketApi,
)
from websocket_sessions.argument_types import is_arguments, item_annotation, shape
from websocket_sessions.arguments import ArgumentError, coerce_args
from websocket_sessions.package import COMPONENTS
from websocket_sessions.plain_arguments import (
    ALLOWS_VPC,
    CHECKED_AGAINST_ISSUER,
    CHECKED_AGAINST_QUOTA,
    CHECKED_AS_PERMISSION,
    CHECKED_AS_SETTING,
    DECIDES_RESOURCES,
    PROTECTS,
    READ_AS_CODE,
    READ_AS_FOLDER,
    READ_BY_ESTIMATE,
    REPLACES_BUILD,
    SELECTS_BUILD,
    SELECTS_THROTTLED_ROUTES,
    reason_for,
)

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:chat"
REASONS = {
    ALLOWS_VPC: "LambdaHandlerArgs.vpc SessionBackendArgs.vpc",
    CHECKED_AGAINST_ISSUER: "HttpRoute.signed_in",
    CHECKED_AGAINST_QUOTA: "BackendOptions.account_concurrency BackendOptions.reserved_concurrency",
    CHECKED_AS_PERMISSION: (
        "BackendRoute.connections BackendRoute.tables ConnectionGrant.verbs PolicyStatement.actions"
    ),
    CHECKED_AS_SETTING: " ".join(
        [
            "RateLimits.connects_per_minute RateLimits.enabled RateLimits.failed_lookups_per_minute",
            "RateLimits.joins_per_minute RateLimits.messages_per_minute RateLimits.replays_per_listener",
            "RateLimits.requests_per_minute RateLimits.sessions_per_hour SessionSettings.connection_lifetime",
            "SessionSettings.channel_audience",
            "SessionSettings.coalescing_audience SessionSettings.coalescing_interval",
            "SessionSettings.direct_fan_out SessionSettings.ended_retention SessionSettings.hook_failure",
            "SessionSettings.hook_timeout SessionSettings.idle_ping SessionSettings.limits",
            "SessionSettings.listeners_per_shard SessionSettings.log_max_age SessionSettings.log_max_count",
            "SessionSettings.long_session_ids SessionSettings.max_listeners SessionSettings.refresh_jitter",
            "SessionSettings.refresh_lead SessionSettings.replay_page SessionSettings.session_lifetime",
            "SessionSettings.speaker_grace SessionSettings.supported_languages SessionSettings.token_notice",
            "SessionSettings.unattached_lifetime",
        ]
    ),
    DECIDES_RESOURCES: " ".join(
        [
            "BackendOptions.access_logs BackendOptions.alarm_topic BackendOptions.alarms",
            "BackendOptions.create_account_role BackendOptions.snap_start BackendRoute.replies",
            "BackendRoute.snap_start LambdaHandlerArgs.snap_start HttpApiArgs.access_logs",
            "BackendOptions.audience_channel",
            "HttpApiArgs.create_account_role HttpApiArgs.domain HttpApiArgs.routes LogAlarm.functions",
            "ObservabilityArgs.alarm_topic ObservabilityArgs.alarms ObservabilityArgs.functions",
            "ObservabilityArgs.log_alarms ObservabilityArgs.scheduled_function",
            "ObservabilityArgs.stream_function Route.replies SessionBackendArgs.http_domain",
            "SessionBackendArgs.oidc SessionBackendArgs.options SessionBackendArgs.routes",
            "SessionBackendArgs.settings SessionBackendArgs.user_pool SessionBackendArgs.web_socket_domain",
            "SessionSettings.allow_anonymous SessionSettings.record_heartbeats StaticSiteArgs.domain",
            "WebSocketApiArgs.access_logs WebSocketApiArgs.create_account_role WebSocketApiArgs.domain",
            "WebSocketApiArgs.grants WebSocketApiArgs.routes WebSocketRouteArgs.replies",
            "WebSocketRouteArgs.route_key",
        ]
    ),
    PROTECTS: " ".join(
        [
            "BackendOptions.deletion_protection CognitoUsersArgs.deletion_protection",
            "HttpApiArgs.deletion_protection SessionTablesArgs.deletion_protection",
            "WebSocketApiArgs.deletion_protection",
        ]
    ),
    READ_AS_CODE: "BackendRoute.handler LambdaHandlerArgs.handler",
    READ_AS_FOLDER: "StaticSiteArgs.directory",
    READ_BY_ESTIMATE: " ".join(
        [
            "BackendOptions.detailed_metrics BackendOptions.fan_out_concurrency",
            "BackendOptions.http_throttle_rate BackendOptions.throttle_rate",
        ]
    ),
    REPLACES_BUILD: "SessionBackendArgs.archives",
    SELECTS_BUILD: " ".join(
        [
            "BackendOptions.lambda_architecture BackendOptions.lambda_bytecode",
            "BackendOptions.lambda_runtime",
        ]
    ),
    SELECTS_THROTTLED_ROUTES: (
        "BackendOptions.route_throttles BackendRoute.throttle HttpRoute.throttle Route.throttle"
    ),
}
"""Each argument that takes no Output, by its reason. A new one is an entry here."""


def classes(annotation: Any) -> Iterator[type[Any]]:
    """Yield the classes of arguments that a value may hold, at any depth."""
    for alternative in shape(annotation).alternatives:
        if is_arguments(alternative):
            yield alternative
            for item in fields(alternative):
                yield from classes(item.type)
        elif (inner := item_annotation(alternative)) is not None:
            yield from classes(inner)


def test_each_argument_that_takes_no_output_has_the_reason_that_holds_for_it() -> None:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for kind in {found for component in COMPONENTS.values() for found in classes(component)}:
        for item in fields(kind):
            if not shape(item.type).deferred:
                found[reason_for(kind, item)].add(f"{kind.__name__}.{item.name}")
    assert found == {reason: set(names.split()) for reason, names in REASONS.items()}


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (BackendOptions, "throttleRate", f"throttle_rate is an Output: .*, because {READ_BY_ESTIMATE}$"),
        (BackendOptions, "accessLogs", f"access_logs is an Output: .*, because {DECIDES_RESOURCES}$"),
        (SessionSettings, "maxListeners", f"max_listeners is an Output: .*, because {CHECKED_AS_SETTING}$"),
        (BackendRoute, "handler", f"handler is an Output: .*, because {READ_AS_CODE}$"),
    ],
)
def test_an_output_is_refused_with_the_reason_of_its_argument(
    kind: type[Any], given: str, message: str
) -> None:
    def give(_: pulumi.ResourceOptions) -> None:
        with pytest.raises(ArgumentError, match=message):
            coerce_args(kind, {given: pulumi.Output.from_input(Unknown())})

    deploy(give)


def test_a_value_within_a_mapping_has_the_reason_of_the_mapping() -> None:
    def give(_: pulumi.ResourceOptions) -> None:
        later = pulumi.Output.from_input(Unknown())
        with pytest.raises(
            ArgumentError, match=rf"^reserved_concurrency\.publish .*{CHECKED_AGAINST_QUOTA}$"
        ):
            coerce_args(BackendOptions, {"reservedConcurrency": {"publish": later}})

    deploy(give)


def test_a_mock_replies_with_what_is_known_at_deployment() -> None:
    def build(opts: pulumi.ResourceOptions) -> WebSocketApi:
        reply = MockReply(response_template=pulumi.Output.from_input('{"version": "2"}'))
        return WebSocketApi("api", routes={"version": reply}, opts=opts)

    response = deploy(build)[1].one("IntegrationResponse").inputs
    assert response["responseTemplates"] == {"$default": '{"version": "2"}'}


def test_an_alarm_on_log_lines_takes_outputs() -> None:
    def build(opts: pulumi.ResourceOptions) -> Observability:
        alarm = LogAlarm(
            functions=["chat"],
            pattern=pulumi.Output.from_input('{ $.message = "refused" }'),
            threshold=pulumi.Output.from_input(4.0),
            datapoints=pulumi.Output.from_input(2),
        )
        watched = WatchedFunction(function_name="chat", log_group_name="/chat", timeout=10)
        return Observability("watch", functions={"chat": watched}, log_alarms={"refusals": alarm}, opts=opts)

    made = deploy(build)[1]
    alarm = made.one("MetricAlarm", "refusals").inputs
    assert (alarm["threshold"], alarm["datapointsToAlarm"]) == (4.0, 2)
    assert made.one("LogMetricFilter", "refusals").inputs["pattern"] == '{ $.message = "refused" }'
