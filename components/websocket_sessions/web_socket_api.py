"""An API Gateway WebSocket API: a stage, an authorizer on `$connect`, and routes that answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Unpack

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.access_logs import json_line
from websocket_sessions.api_stage import StageArgs, create_stage
from websocket_sessions.arguments import (
    ArgumentError,
    arguments,
    check,
    check_choice,
    coerce_args,
)
from websocket_sessions.component_options import WebSocketApiOptions
from websocket_sessions.custom_domain import create_api_domain
from websocket_sessions.function_ref import FunctionLike, function_ref
from websocket_sessions.names import slug, statement_name
from websocket_sessions.plain_arguments import CHECKED_AS_PERMISSION, plain_because
from websocket_sessions.policies import PolicyStatement, policy_document
from websocket_sessions.route_targets import FunctionsByPath, Route, RouteTarget, Throttle
from websocket_sessions.tags import stack_tags
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
    verbs: Sequence[str] = field(metadata=plain_because(CHECKED_AS_PERMISSION))
    """`POST` pushes, `GET` looks up, `DELETE` disconnects."""


@arguments
class WebSocketApiArgs(StageArgs):
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
    emulator_url: Input[str] | None = None
    """The address of an emulator's WebSocket gateway, such as ws://127.0.0.1:4510, if the API itself does not
    name it: on LocalStack."""

    def __post_init__(self) -> None:
        """Check the route keys and the verbs, and that an authorizer is used."""
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
        *,
        add_routes: Callable[["WebSocketApi"], None] | None = None,
        **options: Unpack[WebSocketApiOptions],
    ) -> None:
        """Create the API.

        `add_routes` adds routes before there is a stage. It is for functions that need the API's own address
        and whose routes have a throttle: API Gateway refuses a throttle of a route that does not exist yet.
        """
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
        self._stage_exists = False
        self._throttles: dict[str, Throttle] = {}
        self.routes: dict[str, WebSocketRoute] = {}

        self.api = self._create_api()
        self.api_id = self.api.id
        self.execution_arn = self.api.execution_arn
        self.callback_url = self._endpoint(self._args.stage_name).apply(
            lambda url: f"http{url.removeprefix('ws')}"
        )
        self._create_routes()
        if add_routes is not None:
            add_routes(self)
        self.stage = self._create_stage(opts)
        self._create_grants()

        self.stage_name = self.stage.name
        self.url = self._create_url()
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
        throttle: Throttle | None = None,
    ) -> WebSocketRoute:
        """Send messages with a route key to a function, or answer them by a mock.

        `replies` sends what the target returns back to the client, by default except on `$connect` and
        `$disconnect`. `authorizer` decides on each connection, on `$connect` only. `throttle` is allowed in
        `add_routes` only, because the stage has the throttles. Raises ArgumentError for a key that has a
        route, and for a throttle once there is a stage.
        """
        route = Route(target=target, replies=replies, authorizer=authorizer, throttle=throttle)
        return self._create_route(route_key, route)

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
        self._throttle(route_key, route.throttle)
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

    def _throttle(self, route_key: str, throttle: Throttle | None) -> None:
        """Set a route's throttle. Raises ArgumentError if the stage exists, which has the throttles."""
        if throttle is None:
            return
        check(
            "throttle",
            route_key,
            "allowed among routes and in add_routes only, because the stage has the throttles",
            when=not self._stage_exists,
        )
        self._throttles[route_key] = throttle

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

    def _create_stage(self, opts: ResourceOptions | None) -> aws.apigatewayv2.Stage:
        """Create the stage, after what the API itself depends on."""
        self._stage_exists = True
        return create_stage(
            self._name,
            self._args,
            api_id=self.api.id,
            log_format=_ACCESS_LOG_FORMAT,
            routes=list(self.routes.values()),
            throttles=self._throttles,
            tags=self._tags,
            opts=ResourceOptions(parent=self, depends_on=opts.depends_on if opts else None),
        )

    def _create_grants(self) -> None:
        for name, grant in self._args.grants.items():
            self.grant_manage_connections(name, grant.role_name, grant.verbs)

    def _endpoint(self, stage_name: Input[str]) -> Output[str]:
        """Return a stage's own address. The stage's `invoke_url` is an address in AWS on any endpoint."""
        given = self._args.emulator_url
        api = (
            self.api.api_endpoint
            if given is None
            else Output.concat(given, "/_aws/execute-api/", self.api.id)
        )
        return Output.concat(api, "/", stage_name)

    def _create_url(self) -> Output[str]:
        if self._args.domain is None:
            return self._endpoint(self.stage.name)
        name = create_api_domain(
            self._name,
            self._args.domain,
            api_id=self.api.id,
            stage_name=self.stage.name,
            tags=self._tags,
            opts=self._child_opts,
        )
        return Output.concat("wss://", name)
