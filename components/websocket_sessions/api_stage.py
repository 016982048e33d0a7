"""The stage of an API: throttles, metrics and access logs are the same for WebSocket and HTTP APIs."""

import re
from collections.abc import Mapping
from dataclasses import field

import pulumi_aws as aws
from pulumi import Input, Resource, ResourceOptions

from websocket_sessions.access_logs import create_access_logs
from websocket_sessions.arguments import arguments, check_range, check_rule
from websocket_sessions.custom_domain import CustomDomain
from websocket_sessions.plain_arguments import PROTECTS, plain_because
from websocket_sessions.route_targets import Throttle
from websocket_sessions.tags import Tags

_STAGE_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")


@arguments
class StageArgs:
    """The arguments that both APIs have."""

    stage_name: Input[str] = "live"
    """The stage, part of the URL."""
    throttle_rate: Input[float] = 5000.0
    """Requests a second that the stage takes; the account's quota is 10,000, callbacks included."""
    throttle_burst: Input[int] = 2500
    """Requests that it takes at once."""
    detailed_metrics: Input[bool] = False
    """Whether CloudWatch gets metrics of each route; each is charged for."""
    access_logs: bool = False
    """Whether each request is logged. For a WebSocket API the account must have a CloudWatch role set for API
    Gateway: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html"""
    create_account_role: bool = False
    """Whether to set that role here. All APIs of an account and Region share it: set it in one stack."""
    log_retention_days: Input[int] = 30
    """Days that access logs are kept."""
    kms_key_arn: Input[str] | None = None
    """The key that encrypts access logs, in place of AWS's own."""
    role_path: Input[str] = "/"
    """The path of the names of roles that are created here, such as `/service/`."""
    permissions_boundary_arn: Input[str] | None = None
    """The managed policy that bounds what those roles may do."""
    deletion_protection: bool = field(default=False, metadata=plain_because(PROTECTS))
    """Whether Pulumi refuses to delete the API, whose id is in the clients' URL."""
    domain: CustomDomain | None = None
    """The domain of the URL, in place of API Gateway's."""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags, beside `Project` and `Stack`."""

    def __post_init__(self) -> None:
        """Check the values against API Gateway's quotas."""
        check_rule(
            "stage_name",
            self.stage_name,
            "allowed are 1 to 128 letters, digits, - and _",
            lambda name: _STAGE_NAME.fullmatch(name) is not None,
        )
        check_range("throttle_rate", self.throttle_rate, 1, 10_000, "the account's quota")
        check_range("throttle_burst", self.throttle_burst, 1, 5_000, "the account's quota")


def create_stage(
    name: str,
    args: StageArgs,
    *,
    api_id: Input[str],
    log_format: str,
    routes: list[Resource],
    throttles: Mapping[str, Throttle],
    tags: Tags,
    opts: ResourceOptions,
) -> aws.apigatewayv2.Stage:
    """Create a stage after its routes: API Gateway refuses a throttle for a route that does not exist.

    `throttles` has those of single routes, by route key.
    """
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
