"""One route of a WebSocket API: its integration, its permission and its reply."""

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check
from websocket_sessions.lambda_handler import LambdaHandler
from websocket_sessions.mock_reply import MockReply

_ALWAYS = "\\$default"
"""A selection expression of its own value: the template under the key `$default`
(https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html)."""


@arguments
class WebSocketRouteArgs:
    """Arguments of WebSocketRoute."""

    api_id: Input[str]
    """The WebSocket API."""
    execution_arn: Input[str]
    """The API's execution ARN."""
    stage_name: str
    """The stage from which the function may be called."""
    route_key: str
    """`$connect`, `$disconnect`, `$default`, or the value of a message's `action`."""
    target: LambdaHandler | MockReply
    """What answers."""
    replies: bool = True
    """Whether what the integration returns goes back to the client: a two-way route."""
    authorizer_id: Input[str] | None = None
    """The REQUEST authorizer; API Gateway has authorizers on `$connect` only."""

    def __post_init__(self) -> None:
        """Check the route's key, and that no other route than `$connect` has an authorizer."""
        check(
            "route_key",
            self.route_key,
            "allowed are 1 to 128 characters",
            when=0 < len(self.route_key) <= 128,
        )
        check(
            "authorizer_id",
            self.authorizer_id,
            f"allowed on $connect only, and the route is {self.route_key}",
            when=self.authorizer_id is None or self.route_key == "$connect",
        )


class WebSocketRoute(ComponentResource):
    """A route with all that it needs to be called and to answer."""

    def __init__(self, name: str, args: WebSocketRouteArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("websocket_sessions:index:WebSocketRoute", name, None, opts)
        self._name = name
        self._child_opts = ResourceOptions(parent=self)

        self.integration = self._create_integration(args)
        self.route = self._create_route(args)
        if args.replies:
            self._create_response(args)

        self.register_outputs({"routeId": self.route.id})

    def _create_integration(self, args: WebSocketRouteArgs) -> aws.apigatewayv2.Integration:
        if isinstance(args.target, MockReply):
            return self._create_mock_integration(args, args.target)
        return self._create_function_integration(args, args.target)

    def _create_route(self, args: WebSocketRouteArgs) -> aws.apigatewayv2.Route:
        return aws.apigatewayv2.Route(
            f"{self._name}-route",
            api_id=args.api_id,
            route_key=args.route_key,
            target=self.integration.id.apply(lambda integration: f"integrations/{integration}"),
            authorization_type="CUSTOM" if args.authorizer_id else "NONE",
            authorizer_id=args.authorizer_id,
            route_response_selection_expression="$default" if args.replies else None,
            opts=self._child_opts,
        )

    def _create_response(self, args: WebSocketRouteArgs) -> None:
        aws.apigatewayv2.RouteResponse(
            f"{self._name}-response",
            api_id=args.api_id,
            route_id=self.route.id,
            route_response_key="$default",
            opts=self._child_opts,
        )

    def _create_function_integration(
        self, args: WebSocketRouteArgs, handler: LambdaHandler
    ) -> aws.apigatewayv2.Integration:
        """Let the function be called for this one route only."""
        permission = aws.lambda_.Permission(
            f"{self._name}-permission",
            action="lambda:InvokeFunction",
            function=handler.function_name,
            principal="apigateway.amazonaws.com",
            source_arn=Output.concat(args.execution_arn, f"/{args.stage_name}/{args.route_key}"),
            opts=self._child_opts,
        )
        return aws.apigatewayv2.Integration(
            f"{self._name}-integration",
            api_id=args.api_id,
            integration_type="AWS_PROXY",
            integration_method="POST",
            integration_uri=handler.function.invoke_arn,
            opts=ResourceOptions(parent=self, depends_on=[permission]),
        )

    def _create_mock_integration(
        self, args: WebSocketRouteArgs, reply: MockReply
    ) -> aws.apigatewayv2.Integration:
        integration = aws.apigatewayv2.Integration(
            f"{self._name}-integration",
            api_id=args.api_id,
            integration_type="MOCK",
            template_selection_expression=_ALWAYS,
            request_templates={"$default": reply.request_template},
            passthrough_behavior="NEVER",
            opts=self._child_opts,
        )
        aws.apigatewayv2.IntegrationResponse(
            f"{self._name}-integration-response",
            api_id=args.api_id,
            integration_id=integration.id,
            integration_response_key="$default",
            template_selection_expression=_ALWAYS,
            response_templates={"$default": reply.response_template},
            opts=self._child_opts,
        )
        return integration
