"""An API Gateway HTTP API: routes to functions, with a JWT authorizer and CORS."""

import re
from collections.abc import Mapping, Sequence
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
    coerce_args,
)
from websocket_sessions.component_options import HttpApiOptions
from websocket_sessions.custom_domain import create_api_domain
from websocket_sessions.function_ref import FunctionLike, FunctionRef, function_ref
from websocket_sessions.names import slug, statement_name
from websocket_sessions.route_targets import FunctionsByPath, HttpRoute, Throttle
from websocket_sessions.tags import stack_tags

_ROUTE_KEY = re.compile(r"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) /\S*|\$default")
_SIMPLE_ROUTE = re.compile(r"[A-Z]+ /[a-z0-9]+(/[a-z0-9]+)*")
"""Routes that no other route's name equals once their slashes are hyphens."""
_ACCESS_LOG_FORMAT = json_line(
    requestId="requestId",
    time="requestTime",
    route="routeKey",
    status="status",
    errorType="error.responseType",
    integrationStatus="integration.status",
    integrationRequestId="integration.requestId",
)
"""No address: an access log must not identify anybody."""


@arguments
class HttpApiArgs(StageArgs):
    """Arguments of HttpApi."""

    routes: Mapping[str, FunctionLike | HttpRoute] = field(
        default_factory=dict[str, FunctionLike | HttpRoute]
    )
    """What answers, by method and path such as `GET /sessions/{id}`: a function, its ARN, a path to code, or
    an HttpRoute with options. A route requires a valid JWT unless its options say otherwise."""
    issuer: Input[str] | None = None
    """Who signs the tokens, as their `iss` says; API Gateway finds the keys under it."""
    audience: Input[Sequence[Input[str]]] = field(default_factory=list[Input[str]])
    """Client ids that tokens may be for, as their `aud` or `client_id` says."""
    allowed_origins: Input[Sequence[Input[str]]] = field(default_factory=list[Input[str]])
    """Origins of pages that may call, such as https://example.org; `*` is any page; by default none may."""
    allowed_methods: Input[Sequence[Input[str]]] = field(
        default_factory=lambda: ["GET", "POST", "PUT", "PATCH", "DELETE"]
    )
    """Methods that pages may use."""
    allowed_headers: Input[Sequence[Input[str]]] = field(
        default_factory=lambda: ["authorization", "content-type", "idempotency-key"]
    )
    """Headers that pages may send."""
    throttle_rate: Input[float] = 1000.0
    """Requests a second that the stage takes."""
    throttle_burst: Input[int] = 500
    """Requests that it takes at once."""

    def __post_init__(self) -> None:
        """Check the route keys, and that an issuer is used."""
        for route_key in self.routes:
            _check_route_key("routes", route_key)
        public = [
            route for route in self.routes.values() if isinstance(route, HttpRoute) and not route.signed_in
        ]
        if self.issuer is not None and self.routes and len(public) == len(self.routes):
            raise ArgumentError("issuer is unused: allowed only with a route that requires a JWT")
        if self.issuer is not None and self.audience == []:
            raise ArgumentError("audience is []: allowed with an issuer is at least one client id")


class HttpApi(ComponentResource):
    """An HTTP API with one stage and its routes."""

    api_id: Output[str]
    """The API's id."""
    execution_arn: Output[str]
    """The API's execution ARN, as permissions name it."""
    url: Output[str]
    """Where clients send requests, without a slash at the end."""
    stage_name: Output[str]
    """The stage's name."""

    def __init__(
        self,
        name: str,
        args: HttpApiArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[HttpApiOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:HttpApi", name, None, opts)
        self._name = name
        self._args = coerce_args(HttpApiArgs, args, options)
        self._child_opts = ResourceOptions(parent=self)
        self._tags = stack_tags(self._args.tags)
        self._functions = FunctionsByPath(
            name,
            self._child_opts,
            tags=self._args.tags,
            role_path=self._args.role_path,
            permissions_boundary_arn=self._args.permissions_boundary_arn,
        )
        self._throttles: dict[str, Throttle] = {}
        self.routes: dict[str, aws.apigatewayv2.Route] = {}

        self.api = self._create_api()
        self.authorizer = None if self._args.issuer is None else self._create_authorizer(self._args.issuer)
        self._create_routes()
        self.stage = self._create_stage(opts)

        self.api_id = self.api.id
        self.execution_arn = self.api.execution_arn
        self.stage_name = self.stage.name
        self.url = self._create_url()
        self.register_outputs(
            {
                "apiId": self.api_id,
                "executionArn": self.execution_arn,
                "url": self.url,
                "stageName": self.stage_name,
            }
        )

    def add_route(
        self,
        route_key: str,
        target: FunctionLike,
        *,
        signed_in: bool = True,
        scopes: Input[Sequence[Input[str]]] = (),
    ) -> aws.apigatewayv2.Route:
        """Send requests such as `GET /sessions/{id}` to a function; `signed_in` requires a valid JWT.

        `scopes` are OAuth scopes of which the token must have one. A throttle is allowed among `routes` only,
        which are made before the stage. Raises ArgumentError for a key that has a route, and if a JWT is
        required and the API has no issuer.
        """
        return self._create_route(route_key, HttpRoute(target=target, signed_in=signed_in, scopes=scopes))

    def _create_api(self) -> aws.apigatewayv2.Api:
        args = self._args
        cors = aws.apigatewayv2.ApiCorsConfigurationArgs(
            allow_origins=args.allowed_origins,
            allow_methods=args.allowed_methods,
            allow_headers=args.allowed_headers,
            expose_headers=["retry-after"],
            max_age=3600,
        )
        return aws.apigatewayv2.Api(
            f"{self._name}-api",
            protocol_type="HTTP",
            cors_configuration=None if args.allowed_origins == [] else cors,
            tags=self._tags,
            opts=ResourceOptions(parent=self, protect=self._args.deletion_protection or None),
        )

    def _create_authorizer(self, issuer: Input[str]) -> aws.apigatewayv2.Authorizer:
        return aws.apigatewayv2.Authorizer(
            f"{self._name}-authorizer",
            api_id=self.api.id,
            authorizer_type="JWT",
            name=f"{self._name}-authorizer",
            identity_sources=["$request.header.Authorization"],
            jwt_configuration=aws.apigatewayv2.AuthorizerJwtConfigurationArgs(
                issuer=issuer, audiences=self._args.audience
            ),
            opts=self._child_opts,
        )

    def _create_routes(self) -> None:
        for route_key, given in self._args.routes.items():
            route = given if isinstance(given, HttpRoute) else HttpRoute(target=given)
            self._create_route(route_key, route)
            if route.throttle is not None:
                self._throttles[route_key] = route.throttle

    def _create_route(self, route_key: str, route: HttpRoute) -> aws.apigatewayv2.Route:
        _check_route_key("route_key", route_key)
        check("route_key", route_key, "allowed once", when=route_key not in self.routes)
        authorizer = self._authorizer_for(route_key, route)
        part = _slug(route_key)
        function = function_ref(self._functions.resolve(f"routes.{route_key}", route.target))
        permission = self._allow(part, route_key, function)
        integration = aws.apigatewayv2.Integration(
            f"{self._name}-{part}-integration",
            api_id=self.api.id,
            integration_type="AWS_PROXY",
            integration_method="POST",
            integration_uri=function.invoke_arn,
            payload_format_version="2.0",
            opts=ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.routes[route_key] = aws.apigatewayv2.Route(
            f"{self._name}-{part}-route",
            api_id=self.api.id,
            route_key=route_key,
            target=integration.id.apply(lambda integration_id: f"integrations/{integration_id}"),
            authorization_type="JWT" if authorizer else "NONE",
            authorizer_id=authorizer.id if authorizer else None,
            authorization_scopes=route.scopes or None,
            opts=self._child_opts,
        )
        return self.routes[route_key]

    def _authorizer_for(self, route_key: str, route: HttpRoute) -> aws.apigatewayv2.Authorizer | None:
        if not route.signed_in:
            return None
        check(
            "signed_in",
            route_key,
            "allowed with an issuer and an audience only; a public route says signed_in=False",
            when=self.authorizer is not None,
        )
        return self.authorizer

    def _create_stage(self, opts: ResourceOptions | None) -> aws.apigatewayv2.Stage:
        """Create the stage, after what the API itself depends on."""
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

    def _create_url(self) -> Output[str]:
        """Return the URL. The stage's `invoke_url` is an address in AWS on any endpoint."""
        if self._args.domain is not None:
            name = create_api_domain(
                self._name,
                self._args.domain,
                api_id=self.api.id,
                stage_name=self.stage.name,
                tags=self._tags,
                opts=self._child_opts,
            )
            return Output.concat("https://", name)
        # LocalStack's endpoints have no scheme.
        endpoint = self.api.api_endpoint.apply(lambda url: url if "://" in url else f"http://{url}")
        return Output.concat(endpoint, "/", self.stage.name)

    def _allow(self, part: str, route_key: str, function: FunctionRef) -> aws.lambda_.Permission:
        """Let the function be called for this one route only.

        A path variable stands in the ARN as the request's value, so it is matched by `*`:
        https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
        """
        method, _, path = route_key.partition(" ")
        pattern = re.sub(r"\{[^}]+\}", "*", path)
        verb = "*" if method == "ANY" else method
        return aws.lambda_.Permission(
            statement_name(f"{self._name}-{part}-permission"),
            action="lambda:InvokeFunction",
            function=function.name,
            qualifier=function.qualifier,
            principal="apigateway.amazonaws.com",
            source_arn=Output.concat(self.api.execution_arn, "/", self._args.stage_name, f"/{verb}{pattern}"),
            opts=self._child_opts,
        )


def _check_route_key(argument: str, route_key: str) -> None:
    check(
        argument,
        route_key,
        "allowed is METHOD /path, or $default",
        when=_ROUTE_KEY.fullmatch(route_key) is not None,
    )


def _slug(route_key: str) -> str:
    """Return a route's part of its resources' names; `GET /a/b` and `GET /a-b` have different ones."""
    if _SIMPLE_ROUTE.fullmatch(route_key):
        return route_key.lower().replace(" /", "-").replace("/", "-")
    return slug(route_key)
