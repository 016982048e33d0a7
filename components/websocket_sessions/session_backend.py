"""The whole backend of sessions on WebSockets."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Unpack, cast

import pulumi
import pulumi_aws as aws
from pulumi import Archive, ComponentResource, FileArchive, Input, Output, ResourceOptions, RunError

from websocket_sessions.archives import ArchiveError, Target, default_archives
from websocket_sessions.arguments import ArgumentError, arguments, check, coerce_args
from websocket_sessions.async_invocations import AsyncInvocations, AsyncInvocationsArgs
from websocket_sessions.backend_route import BackendRoute
from websocket_sessions.cognito_users import CognitoUsers, CognitoUsersArgs
from websocket_sessions.component_options import SessionBackendOptions
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import SessionSettings
from websocket_sessions.custom_domain import CustomDomain
from websocket_sessions.event_channel import EventChannel, EventChannelArgs
from websocket_sessions.fan_out_queue import FanOutQueue, FanOutQueueArgs
from websocket_sessions.flood_alarms import flood_alarms
from websocket_sessions.function_options import FunctionOptions
from websocket_sessions.http_api import HttpApi, HttpApiArgs
from websocket_sessions.lambda_handler import LambdaHandler, VpcPlacement
from websocket_sessions.local_endpoint import cognito_endpoint
from websocket_sessions.names import slug
from websocket_sessions.observability import Observability, ObservabilityArgs
from websocket_sessions.permissions import FUNCTION_SPECS
from websocket_sessions.plain_arguments import ALLOWS_VPC, REPLACES_BUILD, plain_because
from websocket_sessions.route_targets import HttpRoute, Throttle
from websocket_sessions.routes import MessageRoute, functions_in_use, http_routes, web_socket_routes
from websocket_sessions.schedule import Schedule, ScheduleArgs
from websocket_sessions.session_functions import SessionFunctions, SessionFunctionsArgs
from websocket_sessions.session_tables import SessionTables, SessionTablesArgs
from websocket_sessions.tags import Tags
from websocket_sessions.token_issuer import ExistingUserPool, OidcIssuer, TokenIssuer
from websocket_sessions.web_socket_api import WebSocketApi, WebSocketApiArgs


@arguments
class SessionBackendArgs:
    """Arguments of SessionBackend."""

    archives: Mapping[str, Input[Archive]] | None = field(
        default=None, metadata=plain_because(REPLACES_BUILD)
    )
    """The code of each function, by handler; by default built from the package's own sources."""
    settings: SessionSettings | None = None
    """The behaviour of sessions."""
    options: BackendOptions | None = None
    """The settings of the resources."""
    user_pool: ExistingUserPool | None = None
    """An existing user pool whose users speak, in place of a new one."""
    oidc: OidcIssuer | None = None
    """Any OpenID Connect issuer whose users speak, in place of a user pool."""
    routes: Mapping[str, BackendRoute] = field(default_factory=dict[str, BackendRoute])
    """Further routes of the WebSocket API, by the `action` of their messages. Their functions may use the
    tables and push to connections."""
    web_socket_domain: CustomDomain | None = None
    """The domain of the WebSocket API's URL, in place of API Gateway's."""
    http_domain: CustomDomain | None = None
    """The domain of the HTTP API's URL, in place of API Gateway's; not the one of the WebSocket API."""
    vpc: VpcPlacement | None = field(default=None, metadata=plain_because(ALLOWS_VPC))
    """Where in a VPC the functions run; by default in none."""
    page_origins: Input[Sequence[Input[str]]] = field(default_factory=list[Input[str]])
    """Origins of pages that may call the HTTP API, beside `options.allowed_origins`: of sites in the same
    program."""
    layers: Input[Sequence[Input[str]]] = field(default_factory=list[Input[str]])
    """ARNs of layer versions for every function, at most five."""
    log_format: Input[str] = "Text"
    """`Text` or `JSON`, as of LambdaHandler. The functions log JSON in either."""
    role_path: Input[str] = "/"
    """The path of the names of all roles, such as `/service/`."""
    permissions_boundary_arn: Input[str] | None = None
    """The managed policy that bounds what all roles may do."""
    kms_key_arn: Input[str] | None = None
    """The key that encrypts tables, queues, environment variables and logs, in place of AWS's own. Its policy
    must allow CloudWatch Logs to use it; the functions' roles are allowed to."""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags of all resources that take them, beside `Project` and `Stack`."""

    @property
    def given_issuer(self) -> ExistingUserPool | OidcIssuer | None:
        """The issuer that the caller brings, or None for a new user pool."""
        return self.user_pool or self.oidc

    def __post_init__(self) -> None:
        """Check that at most one issuer is given, and that no route replaces one of the protocol."""
        if self.user_pool is not None and self.oidc is not None:
            raise ArgumentError("oidc and user_pool are both given: allowed is one issuer of tokens")
        for route_key in self.routes:
            check(
                "routes",
                route_key,
                "allowed is an action that the session protocol does not have",
                when=route_key not in web_socket_routes(record_heartbeats=False),
            )


class SessionBackend(ComponentResource):
    """Tables, users, functions, both APIs, the schedule, the queue and what watches them."""

    frontend_config: Output[dict[str, Any]]
    """All that a frontend needs to know."""
    table_names: dict[str, Output[str]]
    """The tables' names, by what they hold."""
    function_names: dict[str, Output[str]]
    """The functions' names, by handler."""
    log_group_names: dict[str, Output[str]]
    """The functions' log groups, by handler."""
    dashboard_url: Output[str]
    """Where the dashboard is."""
    table_arns: dict[str, Output[str]]
    """The tables' ARNs, by what they hold."""
    function_arns: dict[str, Output[str]]
    """The functions' ARNs, by handler."""
    web_socket_api_id: Output[str]
    """The WebSocket API's id."""
    web_socket_execution_arn: Output[str]
    """The WebSocket API's execution ARN, as permissions name it."""
    web_socket_url: Output[str]
    """Where clients connect: wss://..."""
    callback_url: Output[str]
    """Where functions push: https://..."""
    http_api_id: Output[str]
    """The HTTP API's id."""
    http_execution_arn: Output[str]
    """The HTTP API's execution ARN, as permissions name it."""
    http_url: Output[str]
    """Where clients send requests, without a slash at the end."""
    stage_name: Output[str]
    """The stage of both APIs."""
    issuer: Output[str]
    """The `iss` of the tokens that are accepted."""
    endpoints: Output[list[str]]
    """The URLs that a page connects to: both APIs, the issuer to sign in, and the audience's channel if the
    stack has one."""

    def __init__(
        self,
        name: str,
        args: SessionBackendArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[SessionBackendOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:SessionBackend", name, None, opts)
        args = coerce_args(SessionBackendArgs, args, options)
        self._name = name
        self._settings = args.settings or SessionSettings()
        self._options = _for_local_aws(args.options or BackendOptions())
        self._args = args
        self._archives = args.archives or _build_archives(self._settings, self._options)
        self._child_opts = ResourceOptions(parent=self)
        self._shared = _shared_options(args)

        self.tables = self._create_tables()
        self.users = self._create_users() if args.given_issuer is None else None
        self.token_issuer = self._token_issuer()
        self.queue = self._create_queue()
        self.web_socket_api = self._create_web_socket_api()
        self.http_api = self._create_http_api()
        self._deliver_events()
        self.observability = self._observe()

        self.frontend_config = self._frontend_config()
        self.table_names = self.tables.names
        self.function_names = self.functions.names
        self.log_group_names = self.functions.log_group_names
        self.dashboard_url = self.observability.dashboard_url
        self.table_arns = self.tables.arns
        self.function_arns = self.functions.arns
        self.web_socket_api_id = self.web_socket_api.api_id
        self.web_socket_execution_arn = self.web_socket_api.execution_arn
        self.web_socket_url = self.web_socket_api.url
        self.callback_url = self.web_socket_api.callback_url
        self.http_api_id = self.http_api.api_id
        self.http_execution_arn = self.http_api.execution_arn
        self.http_url = self.http_api.url
        self.stage_name = self.web_socket_api.stage_name
        self.issuer = self.token_issuer.issuer
        self.endpoints = self._endpoints()
        self.register_outputs(
            {
                "frontendConfig": self.frontend_config,
                "tableNames": self.table_names,
                "functionNames": self.function_names,
                "logGroupNames": self.log_group_names,
                "dashboardUrl": self.dashboard_url,
                "tableArns": self.table_arns,
                "functionArns": self.function_arns,
                "webSocketApiId": self.web_socket_api_id,
                "webSocketExecutionArn": self.web_socket_execution_arn,
                "webSocketUrl": self.web_socket_url,
                "callbackUrl": self.callback_url,
                "httpApiId": self.http_api_id,
                "httpExecutionArn": self.http_execution_arn,
                "httpUrl": self.http_url,
                "stageName": self.stage_name,
                "issuer": self.issuer,
                "endpoints": self.endpoints,
            }
        )

    @property
    def channel(self) -> EventChannel | None:
        """The audience's channel, or None if the stack has none."""
        return self.functions.channel

    def _endpoints(self) -> Output[list[str]]:
        urls = [self.web_socket_api.url, self.http_api.url, self.token_issuer.sign_in_url]
        return Output.all(*urls, *([self.channel.subscribe_url] if self.channel else []))

    def _create_tables(self) -> SessionTables:
        return SessionTables(
            f"{self._name}-tables",
            SessionTablesArgs(
                deletion_protection=self._options.deletion_protection,
                point_in_time_recovery=self._options.point_in_time_recovery,
                kms_key_arn=self._args.kms_key_arn,
                tags=self._args.tags,
            ),
            opts=self._child_opts,
        )

    def _create_users(self) -> CognitoUsers:
        return CognitoUsers(
            f"{self._name}-users",
            CognitoUsersArgs(
                deletion_protection=self._options.deletion_protection,
                self_sign_up=self._options.self_sign_up,
                password_sign_in=self._options.password_sign_in,
                endpoint=self._options.cognito_endpoint,
                issuer=self._options.cognito_issuer,
                tags=self._args.tags,
            ),
            opts=self._child_opts,
        )

    def _token_issuer(self) -> TokenIssuer:
        endpoint, issuer = self._options.cognito_endpoint, self._options.cognito_issuer
        if self.users is not None:
            return TokenIssuer.of_users(self.users, endpoint)
        given = self._args.given_issuer
        if isinstance(given, ExistingUserPool):
            return TokenIssuer.of_existing_pool(given, endpoint, issuer)
        return TokenIssuer.of_oidc(cast(OidcIssuer, given))

    def _create_queue(self) -> FanOutQueue:
        return FanOutQueue(
            f"{self._name}-fan-out",
            FanOutQueueArgs(
                consumer_timeout=FUNCTION_SPECS["fan_out"].timeout,
                max_concurrency=self._options.fan_out_concurrency,
                kms_key_arn=self._args.kms_key_arn,
                tags=self._args.tags,
            ),
            opts=self._child_opts,
        )

    def _create_web_socket_api(self) -> WebSocketApi:
        """Create the API with its routes, and the functions that answer them and push to its connections."""
        return WebSocketApi(
            f"{self._name}-ws",
            WebSocketApiArgs(
                stage_name=self._options.stage_name,
                throttle_rate=self._options.throttle_rate,
                throttle_burst=self._options.throttle_burst,
                detailed_metrics=self._options.detailed_metrics,
                access_logs=self._options.access_logs,
                create_account_role=self._options.create_account_role,
                log_retention_days=self._options.log_retention_days,
                deletion_protection=self._options.deletion_protection,
                emulator_url=self._options.web_socket_gateway_url,
                domain=self._args.web_socket_domain,
                kms_key_arn=self._args.kms_key_arn,
                role_path=self._args.role_path,
                permissions_boundary_arn=self._args.permissions_boundary_arn,
                tags=self._args.tags,
            ),
            opts=self._child_opts,
            add_routes=self._answer_messages,
        )

    def _answer_messages(self, api: WebSocketApi) -> None:
        """Create the functions, which push through the API, and the routes that they answer."""
        self.functions = self._create_functions(api)
        throttles = self._options.route_throttles
        routes = web_socket_routes(record_heartbeats=self._settings.record_heartbeats)
        for route_key, route in routes.items():
            api.add_route(
                route_key,
                self.functions[route.target] if isinstance(route.target, str) else route.target,
                replies=route.replies,
                authorizer=self.functions["authorize"] if route_key == "$connect" else None,
                throttle=throttles.get(route_key) or self._throttle_of(route),
            )
        for route_key, further in self._args.routes.items():
            function = self.functions.create_for(f"{self._name}-{slug(route_key)}", further)
            api.add_route(route_key, function, replies=further.replies, throttle=further.throttle)

    def _throttle_of(self, route: MessageRoute) -> Throttle | None:
        """Return the throttle of a route that has a limit. It replaces the stage's and is not above it."""
        most = route.most_per_second
        if most is None:
            return None
        burst = Output.from_input(self._options.throttle_burst).apply(lambda burst: min(burst, most))
        return Throttle(rate=min(self._options.throttle_rate, most), burst=burst)

    def _create_functions(self, api: WebSocketApi) -> SessionFunctions:
        return SessionFunctions(
            self._name,
            SessionFunctionsArgs(
                prefix=self._name,
                archives=self._archives,
                settings=self._settings,
                options=self._options,
                shared=self._shared,
                tables=self.tables,
                issuer=self.token_issuer,
                queue=self.queue,
                api=api,
            ),
            opts=self._child_opts,
            create_channel=self._create_channel,
        )

    def _create_channel(self, authorizer: LambdaHandler) -> EventChannel:
        return EventChannel(
            f"{self._name}-channel",
            EventChannelArgs(authorizer=authorizer, tags=self._args.tags),
            opts=self._child_opts,
        )

    def _allowed_origins(self) -> Input[Sequence[Input[str]]]:
        of_pages, configured = self._args.page_origins, self._options.allowed_origins
        if configured == ["*"] or of_pages == []:
            return configured
        lists: Output[list[list[str]]] = Output.all(configured, of_pages)
        return lists.apply(lambda given: [*given[0], *given[1]])

    def _create_http_api(self) -> HttpApi:
        """Create the API with its routes; with access logs after the WebSocket API, which sets their role."""
        after = [self.web_socket_api] if self._options.access_logs else None
        return HttpApi(
            f"{self._name}-http",
            HttpApiArgs(
                routes=self._http_routes(),
                issuer=self.token_issuer.issuer,
                audience=self.token_issuer.audience,
                deletion_protection=self._options.deletion_protection,
                allowed_origins=self._allowed_origins(),
                stage_name=self._options.stage_name,
                throttle_rate=self._options.http_throttle_rate,
                throttle_burst=self._options.http_throttle_burst,
                access_logs=self._options.access_logs,
                log_retention_days=self._options.log_retention_days,
                kms_key_arn=self._args.kms_key_arn,
                domain=self._args.http_domain,
                tags=self._args.tags,
                detailed_metrics=self._options.detailed_metrics,
            ),
            opts=ResourceOptions(parent=self, depends_on=after),
        )

    def _http_routes(self) -> dict[str, HttpRoute]:
        return {
            route_key: HttpRoute(
                target=self.functions[route.function],
                signed_in=route.signed_in,
                throttle=self._options.route_throttles.get(route_key),
            )
            for route_key, route in http_routes(allow_anonymous=self._settings.allow_anonymous).items()
        }

    def _deliver_events(self) -> None:
        """Start the schedule and both consumers.

        A failed run of the keep-alive is not repeated: the next minute's run finds all that it left, and an
        event of an earlier minute has nothing to add to it.
        """
        self.keep_alive_invocations = AsyncInvocations(
            f"{self._name}-keep-alive-invocations",
            AsyncInvocationsArgs(
                function=self.functions["keep_alive"],
                retries=0,
                max_age=60,
                kms_key_arn=self._args.kms_key_arn,
                tags=self._args.tags,
            ),
            opts=self._child_opts,
        )
        self.schedule = Schedule(
            f"{self._name}-each-minute",
            ScheduleArgs(
                function=self.functions["keep_alive"],
                role_path=self._args.role_path,
                permissions_boundary_arn=self._args.permissions_boundary_arn,
                tags=self._args.tags,
            ),
            opts=self._child_opts,
        )
        self.queue.deliver_to(self.functions["fan_out"])
        self.tables.stream_counts_to(self.functions["presence"])

    def _observe(self) -> Observability:
        return Observability(
            f"{self._name}-alarms",
            ObservabilityArgs(
                functions=self.functions.handlers,
                web_socket_api_id=self.web_socket_api.api_id,
                stage_name=self.web_socket_api.stage_name,
                event_api_id=self.channel.api_id if self.channel else None,
                dead_letter_queue_name=self.queue.dead_letter_queue_name,
                stream_function="presence",
                scheduled_function="keep_alive",
                log_alarms=flood_alarms(self.functions.handlers),
                alarms=self._options.alarms,
                alarm_topic=self._options.alarm_topic,
                tags=self._args.tags,
            ),
            opts=self._child_opts,
        )

    def _frontend_config(self) -> Output[dict[str, Any]]:
        known: dict[str, Any] = {
            "webSocketUrl": self.web_socket_api.url,
            "httpUrl": self.http_api.url,
            "region": aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region,
            "supportedLanguages": self._settings.supported_languages,
            "hasHook": Output.from_input(self._settings.hook_function_arn).apply(lambda arn: arn is not None),
        }
        if self.token_issuer.user_pool_id is None:
            known |= {"issuer": self.token_issuer.issuer, "audience": self.token_issuer.audience}
        else:
            known |= {
                "userPoolId": self.token_issuer.user_pool_id,
                "userPoolClientId": self.token_issuer.audience.apply(lambda clients: clients[0]),
            }
            if self._options.cognito_endpoint is not None:
                known["cognitoEndpoint"] = self._options.cognito_endpoint
        if self.users is not None:
            known |= {"selfSignUp": self._options.self_sign_up, "passwordReset": True}
        return Output.all(**known)


def _shared_options(args: SessionBackendArgs) -> FunctionOptions:
    return FunctionOptions(
        vpc=args.vpc,
        layers=args.layers,
        log_format=args.log_format,
        role_path=args.role_path,
        permissions_boundary_arn=args.permissions_boundary_arn,
        kms_key_arn=args.kms_key_arn,
        tags=args.tags,
    )


def _for_local_aws(options: BackendOptions) -> BackendOptions:
    """Return the options with the runtime, architecture and Cognito of a local AWS, where one is in use."""
    try:
        target = Target.resolve(options.lambda_runtime, options.lambda_architecture)
    except ArchiveError as error:
        raise ArgumentError(str(error)) from error
    return replace(
        options,
        lambda_runtime=target.runtime,
        lambda_architecture=target.architecture,
        cognito_endpoint=cognito_endpoint(options.cognito_endpoint),
    )


def _build_archives(settings: SessionSettings, options: BackendOptions) -> dict[str, Archive]:
    """Return the archives of the package's own functions; an error ends the program with its message."""
    try:
        built = default_archives(
            functions_in_use(record_heartbeats=settings.record_heartbeats, has_channel=options.has_channel),
            Target(runtime=options.lambda_runtime, architecture=options.lambda_architecture),
            with_bytecode=options.lambda_bytecode,
        )
    except ArchiveError as error:
        raise RunError(str(error)) from error
    return {name: FileArchive(str(path)) for name, path in built.items()}
