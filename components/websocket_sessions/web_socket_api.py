"""An API Gateway WebSocket API: a stage, an authorizer on `$connect`, and routes that answer."""

from collections.abc import Sequence

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check, check_choice, check_range, coerce_args
from websocket_sessions.lambda_handler import LambdaHandler
from websocket_sessions.mock_reply import MockReply
from websocket_sessions.policies import PolicyStatement, policy_document
from websocket_sessions.web_socket_route import WebSocketRoute, WebSocketRouteArgs

CONNECTION_VERBS = ("POST", "GET", "DELETE")
"""Of the @connections API: push, look up, cut."""

_ACCESS_LOG_FORMAT = (
    '{"requestId":"$context.requestId","time":"$context.requestTime","route":"$context.routeKey",'
    '"event":"$context.eventType","status":"$context.status","error":"$context.error.messageString",'
    '"integrationError":"$context.integrationErrorMessage"}'
)
"""Neither address nor connection id: a log must not tell who it was."""


@arguments
class WebSocketApiArgs:
    """Arguments of WebSocketApi."""

    stage_name: str = "live"
    """The stage, part of the URL."""
    throttle_rate: float = 5000.0
    """Requests a second that the stage takes; the account's quota is 10,000, callbacks included."""
    throttle_burst: int = 2500
    """Requests that it takes at once."""
    access_logs: bool = False
    """Whether each request is logged. The account must have a CloudWatch role set for API Gateway:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html"""
    log_retention_days: int = 30
    """Days that access logs are kept."""
    endpoint: str | None = None
    """Where the WebSocket gateway of a local stack is, if the API does not name it itself: ws://..."""

    def __post_init__(self) -> None:
        """Check the values against API Gateway's quotas."""
        check(
            "stage_name",
            self.stage_name,
            "allowed are 1 to 128 letters, digits, - and _",
            when=0 < len(self.stage_name) <= 128
            and self.stage_name.replace("-", "").replace("_", "").isalnum(),
        )
        check_range("throttle_rate", self.throttle_rate, 1, 10_000, "the account's quota")
        check_range("throttle_burst", self.throttle_burst, 1, 5_000, "the account's quota")


class WebSocketApi(ComponentResource):
    """A WebSocket API with one stage; `add_route` gives it routes, `authorize_connections` a guard."""

    api_id: Output[str]
    """The API's id."""
    url: Output[str]
    """Where clients connect: wss://..."""
    callback_url: Output[str]
    """Where functions push: the same with https."""
    stage_name: Output[str]
    """The stage's name."""

    def __init__(self, name: str, args: WebSocketApiArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("websocket_sessions:index:WebSocketApi", name, None, opts)
        args = coerce_args(WebSocketApiArgs, args)
        self._name = name
        self._child_opts = ResourceOptions(parent=self)
        self._stage = args.stage_name
        self._authorizer: aws.apigatewayv2.Authorizer | None = None

        self.api = self._create_api()
        self.stage = self._create_stage(args)

        self.api_id = self.api.id
        # Not the stage's `invoke_url`, which is an address in AWS on any endpoint.
        endpoint = self._endpoint(args.endpoint)
        self.url = Output.concat(endpoint, "/", self.stage.name)
        self.callback_url = endpoint.apply(lambda url: f"http{url.removeprefix('ws')}/{self._stage}")
        self.stage_name = self.stage.name
        self.register_outputs(
            {
                "apiId": self.api_id,
                "url": self.url,
                "callbackUrl": self.callback_url,
                "stageName": self.stage_name,
            }
        )

    def authorize_connections(self, handler: LambdaHandler) -> None:
        """Let a REQUEST authorizer decide on each `$connect`; it is to be called before that route is added.

        No identity source is named: with one, API Gateway itself refuses connections that lack it, and then
        no anonymous listener could come.
        """
        self._authorizer = aws.apigatewayv2.Authorizer(
            f"{self._name}-authorizer",
            api_id=self.api.id,
            authorizer_type="REQUEST",
            authorizer_uri=handler.function.invoke_arn,
            name=f"{self._name}-authorizer",
            opts=self._child_opts,
        )
        aws.lambda_.Permission(
            f"{self._name}-authorizer-permission",
            action="lambda:InvokeFunction",
            function=handler.function_name,
            principal="apigateway.amazonaws.com",
            source_arn=Output.concat(self.api.execution_arn, "/authorizers/", self._authorizer.id),
            opts=self._child_opts,
        )

    def add_route(
        self, route_key: str, target: LambdaHandler | MockReply, *, replies: bool = True
    ) -> WebSocketRoute:
        """Send messages whose `action` is the route key to a function, or answer them by a mock.

        With `replies`, what the integration returns goes back to the client as a message.
        """
        guard = self._authorizer if route_key == "$connect" else None
        return WebSocketRoute(
            f"{self._name}-{route_key.removeprefix('$')}",
            WebSocketRouteArgs(
                api_id=self.api.id,
                execution_arn=self.api.execution_arn,
                stage_name=self._stage,
                route_key=route_key,
                target=target,
                replies=replies,
                authorizer_id=guard.id if guard else None,
            ),
            opts=self._child_opts,
        )

    def manage_connections(self, verbs: Sequence[str]) -> PolicyStatement:
        """Return the permission to push to (POST), look up (GET) or cut (DELETE) this stage's connections."""
        for verb in verbs:
            check_choice("verbs", verb, CONNECTION_VERBS)
        return PolicyStatement(
            actions=["execute-api:ManageConnections"],
            resources=[
                self.api.execution_arn.apply(
                    lambda arn, verb=verb: f"{arn}/{self._stage}/{verb}/@connections/*"
                )
                for verb in verbs
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

    def _endpoint(self, given: str | None) -> Output[str]:
        return Output.concat(given, "/_aws/execute-api/", self.api.id) if given else self.api.api_endpoint

    def _create_api(self) -> aws.apigatewayv2.Api:
        return aws.apigatewayv2.Api(
            f"{self._name}-api",
            protocol_type="WEBSOCKET",
            route_selection_expression="$request.body.action",
            opts=self._child_opts,
        )

    def _create_stage(self, args: WebSocketApiArgs) -> aws.apigatewayv2.Stage:
        return aws.apigatewayv2.Stage(
            f"{self._name}-stage",
            api_id=self.api.id,
            name=args.stage_name,
            auto_deploy=True,
            default_route_settings=aws.apigatewayv2.StageDefaultRouteSettingsArgs(
                throttling_rate_limit=args.throttle_rate,
                throttling_burst_limit=args.throttle_burst,
                detailed_metrics_enabled=True,
            ),
            access_log_settings=self._create_access_logs(args) if args.access_logs else None,
            opts=self._child_opts,
        )

    def _create_access_logs(self, args: WebSocketApiArgs) -> aws.apigatewayv2.StageAccessLogSettingsArgs:
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-access-logs", retention_in_days=args.log_retention_days, opts=self._child_opts
        )
        return aws.apigatewayv2.StageAccessLogSettingsArgs(
            destination_arn=group.arn, format=_ACCESS_LOG_FORMAT
        )
