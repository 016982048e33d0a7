"""An API Gateway HTTP API: routes to functions, with a JWT authorizer and CORS."""

import re
from dataclasses import field

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check, check_range, coerce_args
from websocket_sessions.lambda_handler import LambdaHandler

_ROUTE_KEY = re.compile(r"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) /\S*|\$default")


@arguments
class HttpApiArgs:
    """Arguments of HttpApi."""

    issuer: Input[str]
    """Who signs the tokens, as their `iss` says; its keys are found under it."""
    audience: list[Input[str]]
    """Client ids that tokens may be for, as their `aud` or `client_id` says."""
    allowed_origins: list[str] = field(default_factory=list[str])
    """Origins of pages that may call, such as https://example.org; `*` is any page; none: no page may."""
    stage_name: str = "live"
    """The stage, part of the URL."""
    throttle_rate: float = 1000.0
    """Requests a second that the stage takes."""
    throttle_burst: int = 500
    """Requests that it takes at once."""

    def __post_init__(self) -> None:
        """Check the quotas."""
        check_range("throttle_rate", self.throttle_rate, 1, 10_000, "the account's quota")
        check_range("throttle_burst", self.throttle_burst, 1, 5_000, "the account's quota")


class HttpApi(ComponentResource):
    """An HTTP API with one stage; `add_route` gives it routes."""

    api_id: Output[str]
    """The API's id."""
    url: Output[str]
    """Where clients send requests, without a slash at the end."""

    def __init__(self, name: str, args: HttpApiArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("websocket_sessions:index:HttpApi", name, None, opts)
        args = coerce_args(HttpApiArgs, args)
        self._name = name
        self._child_opts = ResourceOptions(parent=self)
        self._stage = args.stage_name

        self.api = self._create_api(args)
        self.authorizer = self._create_authorizer(args)
        self.stage = self._create_stage(args)

        self.api_id = self.api.id
        # Not the stage's `invoke_url`, which is an address in AWS on any endpoint. LocalStack's pages show
        # endpoints without a scheme.
        endpoint = self.api.api_endpoint.apply(lambda url: url if "://" in url else f"http://{url}")
        self.url = Output.concat(endpoint, "/", self.stage.name)
        self.register_outputs({"apiId": self.api_id, "url": self.url})

    def add_route(
        self, route_key: str, handler: LambdaHandler, *, signed_in: bool = True
    ) -> aws.apigatewayv2.Route:
        """Send requests such as `GET /sessions/{id}` to a function; `signed_in` asks for a valid JWT."""
        check("route_key", route_key, "allowed is METHOD /path", when=bool(_ROUTE_KEY.fullmatch(route_key)))
        slug = re.sub(r"[^a-z0-9]+", "-", route_key.lower()).strip("-")
        permission = self._allow(slug, route_key, handler)
        integration = aws.apigatewayv2.Integration(
            f"{self._name}-{slug}-integration",
            api_id=self.api.id,
            integration_type="AWS_PROXY",
            integration_method="POST",
            integration_uri=handler.function.invoke_arn,
            payload_format_version="2.0",
            opts=ResourceOptions(parent=self, depends_on=[permission]),
        )
        return aws.apigatewayv2.Route(
            f"{self._name}-{slug}-route",
            api_id=self.api.id,
            route_key=route_key,
            target=integration.id.apply(lambda integration_id: f"integrations/{integration_id}"),
            authorization_type="JWT" if signed_in else "NONE",
            authorizer_id=self.authorizer.id if signed_in else None,
            opts=self._child_opts,
        )

    def _create_api(self, args: HttpApiArgs) -> aws.apigatewayv2.Api:
        cors = aws.apigatewayv2.ApiCorsConfigurationArgs(
            allow_origins=args.allowed_origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["authorization", "content-type", "idempotency-key"],
            expose_headers=["retry-after"],
            max_age=3600,
        )
        return aws.apigatewayv2.Api(
            f"{self._name}-api",
            protocol_type="HTTP",
            cors_configuration=cors if args.allowed_origins else None,
            opts=self._child_opts,
        )

    def _create_authorizer(self, args: HttpApiArgs) -> aws.apigatewayv2.Authorizer:
        return aws.apigatewayv2.Authorizer(
            f"{self._name}-authorizer",
            api_id=self.api.id,
            authorizer_type="JWT",
            name=f"{self._name}-authorizer",
            identity_sources=["$request.header.Authorization"],
            jwt_configuration=aws.apigatewayv2.AuthorizerJwtConfigurationArgs(
                issuer=args.issuer, audiences=args.audience
            ),
            opts=self._child_opts,
        )

    def _create_stage(self, args: HttpApiArgs) -> aws.apigatewayv2.Stage:
        return aws.apigatewayv2.Stage(
            f"{self._name}-stage",
            api_id=self.api.id,
            name=args.stage_name,
            auto_deploy=True,
            default_route_settings=aws.apigatewayv2.StageDefaultRouteSettingsArgs(
                throttling_rate_limit=args.throttle_rate, throttling_burst_limit=args.throttle_burst
            ),
            opts=self._child_opts,
        )

    def _allow(self, slug: str, route_key: str, handler: LambdaHandler) -> aws.lambda_.Permission:
        """Let the function be called for this one route only.

        A path variable stands in the ARN as the request's value, so it is matched by `*`:
        https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
        """
        method, _, path = route_key.partition(" ")
        pattern = re.sub(r"\{[^}]+\}", "*", path)
        return aws.lambda_.Permission(
            f"{self._name}-{slug}-permission",
            action="lambda:InvokeFunction",
            function=handler.function_name,
            principal="apigateway.amazonaws.com",
            source_arn=Output.concat(self.api.execution_arn, f"/{self._stage}/{method}{pattern}"),
            opts=self._child_opts,
        )
