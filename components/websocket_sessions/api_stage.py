"""The stage of an API: throttles, metrics and access logs are the same for WebSocket and HTTP APIs."""

import re
from collections.abc import Mapping
from typing import Protocol

import pulumi_aws as aws
from pulumi import Input, Resource, ResourceOptions

from websocket_sessions.access_logs import create_access_logs
from websocket_sessions.arguments import check_range, check_rule
from websocket_sessions.route_targets import HttpRoute, Route, Throttle
from websocket_sessions.tags import Tags

_STAGE_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")


class StageArgs(Protocol):
    """What the arguments of both APIs have in common: all that a stage needs."""

    @property
    def routes(self) -> Mapping[str, object]: ...
    @property
    def stage_name(self) -> Input[str]: ...
    @property
    def throttle_rate(self) -> Input[float]: ...
    @property
    def throttle_burst(self) -> Input[int]: ...
    @property
    def detailed_metrics(self) -> Input[bool]: ...
    @property
    def access_logs(self) -> bool: ...
    @property
    def create_account_role(self) -> bool: ...
    @property
    def log_retention_days(self) -> Input[int]: ...
    @property
    def kms_key_arn(self) -> Input[str] | None: ...
    @property
    def role_path(self) -> Input[str]: ...
    @property
    def permissions_boundary_arn(self) -> Input[str] | None: ...


def check_stage(args: StageArgs) -> None:
    """Raise ArgumentError for what API Gateway's quotas do not allow."""
    check_rule(
        "stage_name",
        args.stage_name,
        "allowed are 1 to 128 letters, digits, - and _",
        lambda name: _STAGE_NAME.fullmatch(name) is not None,
    )
    check_range("throttle_rate", args.throttle_rate, 1, 10_000, "the account's quota")
    check_range("throttle_burst", args.throttle_burst, 1, 5_000, "the account's quota")


def create_stage(
    name: str,
    args: StageArgs,
    *,
    api_id: Input[str],
    log_format: str,
    routes: list[Resource],
    tags: Tags,
    opts: ResourceOptions,
) -> aws.apigatewayv2.Stage:
    """Create a stage after its routes: API Gateway refuses a throttle for a route that does not exist."""
    throttles = {
        route_key: route.throttle
        for route_key, route in args.routes.items()
        if isinstance(route, Route | HttpRoute) and route.throttle
    }
    needed: list[Resource] = [*routes]
    logs = None
    if args.access_logs:
        logs, account = create_access_logs(
            name,
            log_format=log_format,
            retention_days=args.log_retention_days,
            kms_key_arn=args.kms_key_arn,
            create_account_role=args.create_account_role,
            role_path=args.role_path,
            permissions_boundary_arn=args.permissions_boundary_arn,
            tags=tags,
            opts=opts,
        )
        needed += account
    return aws.apigatewayv2.Stage(
        f"{name}-stage",
        api_id=api_id,
        name=args.stage_name,
        auto_deploy=True,
        default_route_settings=aws.apigatewayv2.StageDefaultRouteSettingsArgs(
            throttling_rate_limit=args.throttle_rate,
            throttling_burst_limit=args.throttle_burst,
            detailed_metrics_enabled=args.detailed_metrics,
        ),
        route_settings=[_route_setting(*item, args.detailed_metrics) for item in throttles.items()] or None,
        access_log_settings=logs,
        tags=tags,
        opts=ResourceOptions.merge(opts, ResourceOptions(depends_on=needed)),
    )


def _route_setting(
    route_key: str, throttle: Throttle, detailed_metrics: Input[bool]
) -> aws.apigatewayv2.StageRouteSettingArgs:
    """Return a route's settings, which replace the stage's as a whole."""
    return aws.apigatewayv2.StageRouteSettingArgs(
        route_key=route_key,
        throttling_rate_limit=throttle.rate,
        throttling_burst_limit=throttle.burst,
        detailed_metrics_enabled=detailed_metrics,
    )
