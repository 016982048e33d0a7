"""The arguments of components as keyword options, by which type checkers see a wrong one.

Python derives no type of keyword options from a class. A test compares these types with the arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pulumi import Archive, Input

    from websocket_sessions.backend_route import BackendRoute
    from websocket_sessions.config.backend_options import BackendOptions
    from websocket_sessions.config.settings import SessionSettings
    from websocket_sessions.custom_domain import CustomDomain
    from websocket_sessions.function_ref import FunctionLike
    from websocket_sessions.lambda_handler import LambdaHandler, VpcPlacement
    from websocket_sessions.observability import LogAlarm, Watched
    from websocket_sessions.policies import PolicyStatement
    from websocket_sessions.route_targets import HttpRoute, Route, RouteTarget
    from websocket_sessions.tags import Tags
    from websocket_sessions.token_issuer import ExistingUserPool, OidcIssuer
    from websocket_sessions.web_socket_api import ConnectionGrant


class SessionBackendOptions(TypedDict, total=False):
    """The arguments of SessionBackend as keyword options."""

    archives: Mapping[str, Input[Archive]] | None
    settings: SessionSettings | None
    options: BackendOptions | None
    user_pool: ExistingUserPool | None
    oidc: OidcIssuer | None
    routes: Mapping[str, BackendRoute]
    web_socket_domain: CustomDomain | None
    http_domain: CustomDomain | None
    vpc: VpcPlacement | None
    page_origins: Input[Sequence[Input[str]]]
    layers: Input[Sequence[Input[str]]]
    log_format: Input[str]
    role_path: Input[str]
    permissions_boundary_arn: Input[str] | None
    kms_key_arn: Input[str] | None
    tags: Tags


class ApiOptions(TypedDict, total=False):
    """The arguments that both APIs have, of the stage and the domain."""

    stage_name: Input[str]
    throttle_rate: Input[float]
    throttle_burst: Input[int]
    detailed_metrics: Input[bool]
    access_logs: bool
    create_account_role: bool
    log_retention_days: Input[int]
    kms_key_arn: Input[str] | None
    role_path: Input[str]
    permissions_boundary_arn: Input[str] | None
    deletion_protection: bool
    domain: CustomDomain | None
    tags: Tags


class WebSocketApiOptions(ApiOptions, total=False):
    """The arguments of WebSocketApi as keyword options."""

    routes: Mapping[str, RouteTarget | Route]
    authorizer: FunctionLike | None
    identity_sources: Input[Sequence[Input[str]]]
    grants: Mapping[str, ConnectionGrant]
    route_selection_expression: Input[str]
    emulator_url: Input[str] | None


class WebSocketRouteOptions(TypedDict, total=False):
    """The arguments of WebSocketRoute as keyword options."""

    api_id: Input[str]
    execution_arn: Input[str]
    stage_name: Input[str]
    route_key: str
    target: RouteTarget
    replies: bool | None
    authorizer_id: Input[str] | None


class HttpApiOptions(ApiOptions, total=False):
    """The arguments of HttpApi as keyword options."""

    routes: Mapping[str, FunctionLike | HttpRoute]
    issuer: Input[str] | None
    audience: Input[Sequence[Input[str]]]
    allowed_origins: Input[Sequence[Input[str]]]
    allowed_methods: Input[Sequence[Input[str]]]
    allowed_headers: Input[Sequence[Input[str]]]


class LambdaHandlerOptions(TypedDict, total=False):
    """The arguments of LambdaHandler as keyword options."""

    handler: str
    archive: Input[Archive] | None
    function_name: Input[str] | None
    policy: Input[Sequence[PolicyStatement]]
    environment: Input[Mapping[str, Input[str]]]
    runtime: Input[str] | None
    architecture: Input[str]
    memory_size: Input[int]
    timeout: Input[int]
    layers: Input[Sequence[Input[str]]]
    vpc: VpcPlacement | None
    log_format: Input[str]
    log_retention_days: Input[int]
    tracing: Input[bool]
    reserved_concurrency: Input[int] | None
    snap_start: bool
    role_path: Input[str]
    permissions_boundary_arn: Input[str] | None
    kms_key_arn: Input[str] | None
    tags: Tags


class CognitoUsersOptions(TypedDict, total=False):
    """The arguments of CognitoUsers as keyword options."""

    deletion_protection: bool
    self_sign_up: Input[bool]
    password_sign_in: Input[bool]
    password_length: Input[int]
    access_token_minutes: Input[int]
    refresh_token_days: Input[int]
    endpoint: Input[str] | None
    issuer: Input[str] | None
    tags: Tags


class SessionTablesOptions(TypedDict, total=False):
    """The arguments of SessionTables as keyword options."""

    deletion_protection: bool
    point_in_time_recovery: Input[bool]
    kms_key_arn: Input[str] | None
    tags: Tags


class FanOutQueueOptions(TypedDict, total=False):
    """The arguments of FanOutQueue as keyword options."""

    consumer_timeout: Input[int]
    max_receives: Input[int]
    retention: Input[int]
    max_concurrency: Input[int]
    kms_key_arn: Input[str] | None
    tags: Tags


class EventChannelOptions(TypedDict, total=False):
    """The arguments of EventChannel as keyword options."""

    authorizer: FunctionLike
    namespace: Input[str]
    tags: Tags


class ScheduleOptions(TypedDict, total=False):
    """The arguments of Schedule as keyword options."""

    function: FunctionLike
    expression: Input[str]
    time_zone: Input[str] | None
    payload: Input[str] | None
    retries: Input[int]
    max_age: Input[int]
    role_path: Input[str]
    permissions_boundary_arn: Input[str] | None
    tags: Tags


class AsyncInvocationsOptions(TypedDict, total=False):
    """The arguments of AsyncInvocations as keyword options."""

    function: LambdaHandler
    retries: Input[int]
    max_age: Input[int]
    kms_key_arn: Input[str] | None
    tags: Tags


class ObservabilityOptions(TypedDict, total=False):
    """The arguments of Observability as keyword options."""

    functions: Mapping[str, Watched]
    web_socket_api_id: Input[str] | None
    stage_name: Input[str]
    event_api_id: Input[str] | None
    dead_letter_queue_name: Input[str] | None
    metrics_namespace: Input[str]
    stream_function: str | None
    scheduled_function: str | None
    log_alarms: Mapping[str, LogAlarm]
    alarms: bool
    alarm_topic: bool
    tags: Tags


class StaticSiteOptions(TypedDict, total=False):
    """The arguments of StaticSite as keyword options."""

    directory: str
    config: Input[Mapping[str, Any]] | None
    endpoints: Input[Sequence[Input[str]]]
    domain: CustomDomain | None
    web_acl_arn: Input[str] | None
    tags: Tags
