"""One route of a WebSocket API: its integration, its permission and its reply."""

from typing import Unpack

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check, coerce_args
from websocket_sessions.component_options import WebSocketRouteOptions
from websocket_sessions.function_ref import FunctionRef, function_ref
from websocket_sessions.mock_reply import MockReply
from websocket_sessions.names import statement_name
from websocket_sessions.route_targets import FunctionsByPath, RouteTarget

_ALWAYS = "\\$default"
"""A selection expression of its own value: the template under the key `$default`
(https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html)."""
ONE_WAY_ROUTES = ("$connect", "$disconnect")
"""Routes on which API Gateway sends no reply."""


@arguments
class WebSocketRouteArgs:
    """Arguments of WebSocketRoute."""

    api_id: Input[str]
    """The WebSocket API."""
    execution_arn: Input[str]
    """The API's execution ARN."""
    stage_name: Input[str]
    """The stage from which the function may be called."""
    route_key: str
    """`$connect`, `$disconnect`, `$default`, or the value of a message's `action`."""
    target: RouteTarget
    """What answers: a function, its ARN, a path to code, or a mock."""
    replies: bool | None = None
    """Whether what the target returns goes back to the client as a message. By default it does, except on
    `$connect` and `$disconnect`."""
    authorizer_id: Input[str] | None = None
    """The REQUEST authorizer; API Gateway has authorizers on `$connect` only."""

    def __post_init__(self) -> None:
        """Check the route's key, and that no other route than `$connect` has an authorizer."""
        check_route_key("route_key", self.route_key)
        check(
            "authorizer_id",
            self.authorizer_id,
            f"allowed on $connect only, and the route is {self.route_key}",
            when=self.authorizer_id is None or self.route_key == "$connect",
        )


class WebSocketRoute(ComponentResource):
    """A route with all that it needs to be called and to answer."""

    route_id: Output[str]
    """The route's id."""
    integration_id: Output[str]
    """The integration's id."""

    def __init__(
        self,
        name: str,
        args: WebSocketRouteArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[WebSocketRouteOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:WebSocketRoute", name, None, opts)
        self._name = name
        self._args = coerce_args(WebSocketRouteArgs, args, options)
        self._child_opts = ResourceOptions(parent=self)

        self.integration = self._create_integration()
        self.route = self._create_route()
        if self._replies():
            self._create_response()

        self.route_id = self.route.id
        self.integration_id = self.integration.id
        self.register_outputs({"routeId": self.route_id, "integrationId": self.integration_id})

    def _replies(self) -> bool:
        given = self._args.replies
        return self._args.route_key not in ONE_WAY_ROUTES if given is None else given

    def _create_integration(self) -> aws.apigatewayv2.Integration:
        target = self._args.target
        if isinstance(target, MockReply):
            return self._create_mock_integration(target)
        functions = FunctionsByPath(self._name, self._child_opts)
        return self._create_function_integration(function_ref(functions.resolve("target", target)))

    def _create_route(self) -> aws.apigatewayv2.Route:
        authorizer = self._args.authorizer_id
        return aws.apigatewayv2.Route(
            f"{self._name}-route",
            api_id=self._args.api_id,
            route_key=self._args.route_key,
            target=self.integration.id.apply(lambda integration: f"integrations/{integration}"),
            authorization_type="NONE" if authorizer is None else "CUSTOM",
            authorizer_id=authorizer,
            route_response_selection_expression="$default" if self._replies() else None,
            opts=self._child_opts,
        )

    def _create_response(self) -> None:
        aws.apigatewayv2.RouteResponse(
            f"{self._name}-response",
            api_id=self._args.api_id,
            route_id=self.route.id,
            route_response_key="$default",
            opts=self._child_opts,
        )

    def _create_function_integration(self, function: FunctionRef) -> aws.apigatewayv2.Integration:
        """Let the function be called for this one route only."""
        args = self._args
        permission = aws.lambda_.Permission(
            statement_name(f"{self._name}-permission"),
            action="lambda:InvokeFunction",
            function=function.name,
            qualifier=function.qualifier,
            principal="apigateway.amazonaws.com",
            source_arn=Output.concat(args.execution_arn, "/", args.stage_name, "/", args.route_key),
            opts=self._child_opts,
        )
        return aws.apigatewayv2.Integration(
            f"{self._name}-integration",
            api_id=args.api_id,
            integration_type="AWS_PROXY",
            integration_method="POST",
            integration_uri=function.invoke_arn,
            opts=ResourceOptions(parent=self, depends_on=[permission]),
        )

    def _create_mock_integration(self, reply: MockReply) -> aws.apigatewayv2.Integration:
        integration = aws.apigatewayv2.Integration(
            f"{self._name}-integration",
            api_id=self._args.api_id,
            integration_type="MOCK",
            template_selection_expression=_ALWAYS,
            request_templates={"$default": reply.request_template},
            passthrough_behavior="NEVER",
            opts=self._child_opts,
        )
        aws.apigatewayv2.IntegrationResponse(
            f"{self._name}-integration-response",
            api_id=self._args.api_id,
            integration_id=integration.id,
            integration_response_key="$default",
            template_selection_expression=_ALWAYS,
            response_templates={"$default": reply.response_template},
            opts=self._child_opts,
        )
        return integration


def check_route_key(argument: str, route_key: str) -> None:
    """Raise ArgumentError for a key that API Gateway does not take."""
    own = ("$connect", "$disconnect", "$default")
    check(
        argument,
        route_key,
        f"allowed are 1 to 128 characters, and of those that begin with $ only {', '.join(own)}",
        when=0 < len(route_key) <= 128 and (not route_key.startswith("$") or route_key in own),
    )
