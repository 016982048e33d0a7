"""An API Gateway WebSocket API: a stage, an authorizer on `$connect`, and routes that answer."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Unpack

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.access_logs import json_line
from websocket_sessions.api_stage import check_stage, create_stage
from websocket_sessions.arguments import (
    ArgumentError,
    arguments,
    check,
    check_choice,
    coerce_args,
)
from websocket_sessions.component_options import WebSocketApiOptions
from websocket_sessions.custom_domain import CustomDomain, create_api_domain
from websocket_sessions.function_ref import FunctionLike, function_ref
from websocket_sessions.names import slug, statement_name
from websocket_sessions.policies import PolicyStatement, policy_document
from websocket_sessions.route_targets import FunctionsByPath, Route, RouteTarget
from websocket_sessions.tags import Tags, stack_tags
from websocket_sessions.web_socket_route import WebSocketRoute, WebSocketRouteArgs, check_route_key

CONNECTION_VERBS = ("POST", "GET", "DELETE")
"""Of the @connections API: push, look up, disconnect."""
_SHORT_NAMES = ("connect", "disconnect", "default")
"""Parts of names that stand for API Gateway's own routes, so that no message's route has them."""

_ACCESS_LOG_FORMAT = json_line(
    requestId="requestId",
    time="requestTime",
    route="routeKey",
    event="eventType",
    status="status",
    errorType="error.responseType",
    integrationStatus="integration.status",
    integrationRequestId="integration.requestId",
)
"""Neither address nor connection id: an access log must not identify anybody."""


@arguments
class ConnectionGrant:
    """The permission of a role to manage an API's connections."""

    role_name: Input[str]
    """The role."""
    verbs: Sequence[str]
    """`POST` pushes, `GET` looks up, `DELETE` disconnects."""


@arguments
class WebSocketApiArgs:
    """Arguments of WebSocketApi."""

    routes: Mapping[str, RouteTarget | Route] = field(default_factory=dict[str, RouteTarget | Route])
    """What answers, by route key: `$connect`, `$disconnect`, `$default`, or the value that the selection
    expression finds in a message. A function, its ARN, a path to code, a mock, or a Route with options."""
    authorizer: FunctionLike | None = None
    """The function that decides on each connection, for the `$connect` route among `routes`."""
    identity_sources: Input[Sequence[Input[str]]] = field(default_factory=list[Input[str]])
    """Where the authorizer's token is, such as `route.request.header.Authorization`. API Gateway refuses
    connections without it, so with any there are no anonymous connections."""
    grants: Mapping[str, ConnectionGrant] = field(default_factory=dict[str, ConnectionGrant])
    """Roles that may manage the connections, by a name for each."""
    route_selection_expression: Input[str] = "$request.body.action"
    """What of a message is its route key."""
    stage_name: Input[str] = "live"
    """The stage, part of the URL."""
    throttle_rate: Input[float] = 5000.0
    """Requests a second that the stage takes; the account's quota is 10,000, callbacks included."""
    throttle_burst: Input[int] = 2500
    """Requests that it takes at once."""
    detailed_metrics: Input[bool] = False
    """Whether CloudWatch gets metrics of each route; each is charged for."""
    access_logs: bool = False
    """Whether each request is logged. The account must have a CloudWatch role set for API Gateway:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html"""
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
    deletion_protection: bool = False
    """Whether Pulumi refuses to delete the API, whose id is in the clients' URL."""
    domain: CustomDomain | None = None
    """The domain of the URL, in place of API Gateway's."""
    emulator_url: Input[str] | None = None
    """The address of an emulator's WebSocket gateway, such as ws://127.0.0.1:4510, if the API itself does not
    name it: on LocalStack."""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags, beside `Project` and `Stack`."""

    def __post_init__(self) -> None:
        """Check the values against API Gateway's quotas, and that an authorizer is used."""
        check_stage(self)
        for route_key in self.routes:
            check_route_key("routes", route_key)
        if self.authorizer is not None and "$connect" not in self.routes:
            raise ArgumentError(
                "authorizer is unused: allowed only with a $connect route among routes, since API Gateway "
                "authorizes nowhere else; for add_route give it there"
            )
        for name, grant in self.grants.items():
            for verb in grant.verbs:
                check_choice(f"grants.{name}.verbs", verb, CONNECTION_VERBS)


class WebSocketApi(ComponentResource):
    """A WebSocket API with one stage and its routes."""

    api_id: Output[str]
    """The API's id."""
    execution_arn: Output[str]
    """The API's execution ARN, as permissions name it."""
    url: Output[str]
    """Where clients connect: wss://..."""
    callback_url: Output[str]
    """Where functions push: https://..."""
    stage_name: Output[str]
    """The stage's name."""

    def __init__(
        self,
        name: str,
        args: WebSocketApiArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[WebSocketApiOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:WebSocketApi", name, None, opts)
        self._name = name
        self._args = coerce_args(WebSocketApiArgs, args, options)
        self._child_opts = ResourceOptions(parent=self)
        self._tags = stack_tags(self._args.tags)
        self._functions = FunctionsByPath(
            name,
            self._child_opts,
            tags=self._args.tags,
            role_path=self._args.role_path,
            permissions_boundary_arn=self._args.permissions_boundary_arn,
        )
        self.routes: dict[str, WebSocketRoute] = {}

        self.api = self._create_api()
        self._create_routes()
        self.stage = self._create_stage()
        self._create_grants()

        self.api_id = self.api.id
        self.execution_arn = self.api.execution_arn
        self.stage_name = self.stage.name
        self.url = self._create_url()
        self.callback_url = self._endpoint().apply(lambda url: f"http{url.removeprefix('ws')}")
        self.register_outputs(
            {
                "apiId": self.api_id,
                "executionArn": self.execution_arn,
                "url": self.url,
                "callbackUrl": self.callback_url,
                "stageName": self.stage_name,
            }
        )

    def add_route(
        self,
        route_key: str,
        target: RouteTarget,
        *,
        replies: bool | None = None,
        authorizer: FunctionLike | None = None,
    ) -> WebSocketRoute:
        """Send messages with a route key to a function, or answer them by a mock.

        `replies` sends what the target returns back to the client, by default except on `$connect` and
        `$disconnect`. `authorizer` decides on each connection, on `$connect` only. Raises ArgumentError for a
        key that has a route.
        """
        return self._create_route(route_key, Route(target=target, replies=replies, authorizer=authorizer))

    def manage_connections(self, verbs: Sequence[str]) -> PolicyStatement:
        """Return the permission to push to (POST), look up (GET) or disconnect (DELETE) clients."""
        for verb in verbs:
            check_choice("verbs", verb, CONNECTION_VERBS)
        stage = self._args.stage_name
        return PolicyStatement(
            actions=["execute-api:ManageConnections"],
            resources=[
                Output.concat(self.api.execution_arn, "/", stage, f"/{verb}/@connections/*") for verb in verbs
            ],
        )

    def grant_manage_connections(
        self, name: str, role_name: Input[str], verbs: Sequence[str]
    ) -> aws.iam.RolePolicy:
        """Give a role that permission."""
        return aws.iam.RolePolicy(
            f"{self._name}-{name}-connections",
            role=role_name,
            policy=policy_document([self.manage_connections(verbs)]),
            opts=self._child_opts,
        )

    def _create_api(self) -> aws.apigatewayv2.Api:
        return aws.apigatewayv2.Api(
            f"{self._name}-api",
            protocol_type="WEBSOCKET",
            route_selection_expression=self._args.route_selection_expression,
            tags=self._tags,
            opts=ResourceOptions(parent=self, protect=self._args.deletion_protection or None),
        )

    def _create_routes(self) -> None:
        for route_key, given in self._args.routes.items():
            self._create_route(route_key, given if isinstance(given, Route) else Route(target=given))

    def _create_route(self, route_key: str, route: Route) -> WebSocketRoute:
        check("route_key", route_key, "allowed once", when=route_key not in self.routes)
        target = self._functions.resolve(f"routes.{route_key}", route.target)
        part = (
            route_key.removeprefix("$")
            if route_key.startswith("$")
            else slug(route_key, reserved=_SHORT_NAMES)
        )
        created = WebSocketRoute(
            f"{self._name}-{part}",
            WebSocketRouteArgs(
                api_id=self.api.id,
                execution_arn=self.api.execution_arn,
                stage_name=self._args.stage_name,
                route_key=route_key,
                target=target,
                replies=route.replies,
                authorizer_id=self._authorizer_id(route_key, route),
            ),
            opts=self._child_opts,
        )
        self.routes[route_key] = created
        return created

    def _authorizer_id(self, route_key: str, route: Route) -> Output[str] | None:
        """Return the authorizer of a route. Raises ArgumentError if the route cannot have one."""
        if route_key != "$connect":
            check(
                "authorizer",
                route_key,
                "allowed on $connect only, where API Gateway authorizes a connection",
                when=route.authorizer is None,
            )
            return None
        given = self._args.authorizer if route.authorizer is None else route.authorizer
        return None if given is None else self._create_authorizer(given).id

    def _create_authorizer(self, function: FunctionLike) -> aws.apigatewayv2.Authorizer:
        """Let a function decide on each connection.

        By default there is no identity source: with one, API Gateway itself refuses connections that lack it,
        and no anonymous client could connect.
        """
        called = function_ref(self._functions.resolve("authorizer", function))
        authorizer = aws.apigatewayv2.Authorizer(
            f"{self._name}-authorizer",
            api_id=self.api.id,
            authorizer_type="REQUEST",
            authorizer_uri=called.invoke_arn,
            identity_sources=self._args.identity_sources or None,
            name=f"{self._name}-authorizer",
            opts=self._child_opts,
        )
        aws.lambda_.Permission(
            statement_name(f"{self._name}-authorizer-permission"),
            action="lambda:InvokeFunction",
            function=called.name,
            qualifier=called.qualifier,
            principal="apigateway.amazonaws.com",
            source_arn=Output.concat(self.api.execution_arn, "/authorizers/", authorizer.id),
            opts=self._child_opts,
        )
        return authorizer

    def _create_stage(self) -> aws.apigatewayv2.Stage:
        return create_stage(
            self._name,
            self._args,
            api_id=self.api.id,
            log_format=_ACCESS_LOG_FORMAT,
            routes=list(self.routes.values()),
            tags=self._tags,
            opts=self._child_opts,
        )

    def _create_grants(self) -> None:
        for name, grant in self._args.grants.items():
            self.grant_manage_connections(name, grant.role_name, grant.verbs)

    def _endpoint(self) -> Output[str]:
        """Return the stage's own address. The stage's `invoke_url` is an address in AWS on any endpoint."""
        given = self._args.emulator_url
        api = (
            self.api.api_endpoint
            if given is None
            else Output.concat(given, "/_aws/execute-api/", self.api.id)
        )
        return Output.concat(api, "/", self.stage.name)

    def _create_url(self) -> Output[str]:
        if self._args.domain is None:
            return self._endpoint()
        name = create_api_domain(
            self._name,
            self._args.domain,
            api_id=self.api.id,
            stage_name=self.stage.name,
            tags=self._tags,
            opts=self._child_opts,
        )
        return Output.concat("wss://", name)
