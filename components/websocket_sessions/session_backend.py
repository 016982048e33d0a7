"""The whole backend of sessions on WebSockets."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Archive, ComponentResource, FileArchive, Input, Output, ResourceOptions, RunError

from websocket_sessions.archives import ArchiveError, Target, default_archives
from websocket_sessions.arguments import ArgumentError, arguments, coerce_args
from websocket_sessions.async_invocations import AsyncInvocations, AsyncInvocationsArgs
from websocket_sessions.cognito_users import CognitoUsers, CognitoUsersArgs
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import SessionSettings
from websocket_sessions.fan_out_queue import FanOutQueue, FanOutQueueArgs
from websocket_sessions.http_api import HttpApi, HttpApiArgs
from websocket_sessions.observability import Observability, ObservabilityArgs
from websocket_sessions.permissions import FUNCTION_SPECS
from websocket_sessions.routes import functions_in_use, http_routes, web_socket_routes
from websocket_sessions.schedule import Schedule, ScheduleArgs
from websocket_sessions.session_functions import SessionFunctions, SessionFunctionsArgs
from websocket_sessions.session_tables import SessionTables, SessionTablesArgs
from websocket_sessions.web_socket_api import WebSocketApi, WebSocketApiArgs


@arguments
class SessionBackendArgs:
    """Arguments of SessionBackend."""

    archives: Mapping[str, Input[Archive]] | None = None
    """The code of each function, by handler; by default built from the package's own sources."""
    settings: SessionSettings | None = None
    """The behaviour of sessions."""
    options: BackendOptions | None = None
    """The resources."""


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

    def __init__(
        self,
        name: str,
        args: SessionBackendArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Any,
    ) -> None:
        super().__init__("websocket_sessions:index:SessionBackend", name, None, opts)
        args = coerce_args(SessionBackendArgs, args, options)
        self._name = name
        self._settings = args.settings or SessionSettings()
        self._options = _for_local_runtime(args.options or BackendOptions())
        self._archives = args.archives or _build_archives(self._settings, self._options)
        self._child_opts = ResourceOptions(parent=self)

        self.tables = self._create_tables()
        self.users = self._create_users()
        self.queue = self._create_queue()
        self.web_socket_api = self._create_web_socket_api()
        self.functions = self._create_functions()
        self.http_api = self._create_http_api()

        self._answer_messages()
        self._answer_requests()
        self._deliver_events()
        self.observability = self._observe()

        self.frontend_config = self._frontend_config()
        self.table_names = self.tables.names
        self.function_names = self.functions.names
        self.log_group_names = self.functions.log_group_names
        self.dashboard_url = self.observability.dashboard_url
        self.register_outputs(
            {
                "frontendConfig": self.frontend_config,
                "tableNames": self.table_names,
                "functionNames": self.function_names,
                "logGroupNames": self.log_group_names,
                "dashboardUrl": self.dashboard_url,
            }
        )

    @property
    def endpoints(self) -> list[Input[str]]:
        """The URLs that a page connects to: both APIs, and Cognito to sign in."""
        cognito = self._options.cognito_endpoint
        return [
            self.web_socket_api.url,
            self.http_api.url,
            cognito
            or Output.from_input(self.users.pool.endpoint).apply(
                lambda host: f"https://{host.split('/')[0]}"
            ),
        ]

    def _create_tables(self) -> SessionTables:
        return SessionTables(
            f"{self._name}-tables",
            SessionTablesArgs(
                deletion_protection=self._options.deletion_protection,
                point_in_time_recovery=self._options.point_in_time_recovery,
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
            ),
            opts=self._child_opts,
        )

    def _create_queue(self) -> FanOutQueue:
        return FanOutQueue(
            f"{self._name}-fan-out",
            FanOutQueueArgs(
                consumer_timeout=FUNCTION_SPECS["fan_out"].timeout,
                max_concurrency=self._options.fan_out_concurrency,
            ),
            opts=self._child_opts,
        )

    def _create_web_socket_api(self) -> WebSocketApi:
        return WebSocketApi(
            f"{self._name}-ws",
            WebSocketApiArgs(
                stage_name=self._options.stage_name,
                throttle_rate=self._options.throttle_rate,
                throttle_burst=self._options.throttle_burst,
                access_logs=self._options.access_logs,
                log_retention_days=self._options.log_retention_days,
                deletion_protection=self._options.deletion_protection,
                emulator_url=self._options.web_socket_endpoint,
            ),
            opts=self._child_opts,
        )

    def _create_functions(self) -> SessionFunctions:
        return SessionFunctions(
            self._name,
            SessionFunctionsArgs(
                prefix=self._name,
                archives=self._archives,
                settings=self._settings,
                options=self._options,
                tables=self.tables,
                users=self.users,
                queue=self.queue,
                api=self.web_socket_api,
            ),
            opts=self._child_opts,
        )

    def _create_http_api(self) -> HttpApi:
        return HttpApi(
            f"{self._name}-http",
            HttpApiArgs(
                issuer=self.users.issuer,
                audience=[self.users.client_id],
                deletion_protection=self._options.deletion_protection,
                allowed_origins=self._options.allowed_origins,
                stage_name=self._options.stage_name,
            ),
            opts=self._child_opts,
        )

    def _answer_messages(self) -> None:
        routes = web_socket_routes(record_heartbeats=self._settings.record_heartbeats)
        for route_key, route in routes.items():
            target = self.functions[route.target] if isinstance(route.target, str) else route.target
            authorizer = self.functions["authorize"] if route_key == "$connect" else None
            self.web_socket_api.add_route(route_key, target, replies=route.replies, authorizer=authorizer)

    def _answer_requests(self) -> None:
        for route_key, route in http_routes(allow_anonymous=self._settings.allow_anonymous).items():
            self.http_api.add_route(route_key, self.functions[route.function], signed_in=route.signed_in)

    def _deliver_events(self) -> None:
        """Start the schedule and both consumers.

        A failed run of the keep-alive is not repeated: the next minute's run finds all that it left, and an
        event of an earlier minute has nothing to add to it.
        """
        self.keep_alive_invocations = AsyncInvocations(
            f"{self._name}-keep-alive-invocations",
            AsyncInvocationsArgs(function=self.functions["keep_alive"], retries=0, max_age=60),
            opts=self._child_opts,
        )
        self.schedule = Schedule(
            f"{self._name}-each-minute",
            ScheduleArgs(function=self.functions["keep_alive"]),
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
                dead_letter_queue_name=self.queue.dead_letter_queue_name,
                stream_function="presence",
                scheduled_function="keep_alive",
                alarms=self._options.alarms,
                alarm_topic=self._options.alarm_topic,
            ),
            opts=self._child_opts,
        )

    def _frontend_config(self) -> Output[dict[str, Any]]:
        known: dict[str, Any] = {
            "webSocketUrl": self.web_socket_api.url,
            "httpUrl": self.http_api.url,
            "region": aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region,
            "userPoolId": self.users.user_pool_id,
            "userPoolClientId": self.users.client_id,
            "supportedLanguages": self._settings.supported_languages,
        }
        if self._options.cognito_endpoint:
            known["cognitoEndpoint"] = self._options.cognito_endpoint
        return Output.all(**known)


def _for_local_runtime(options: BackendOptions) -> BackendOptions:
    """Return the options with the runtime and architecture that a local AWS runs, where one is in use."""
    try:
        target = Target.resolve(options.lambda_runtime, options.lambda_architecture)
    except ArchiveError as error:
        raise ArgumentError(str(error)) from error
    return replace(options, lambda_runtime=target.runtime, lambda_architecture=target.architecture)


def _build_archives(settings: SessionSettings, options: BackendOptions) -> dict[str, Archive]:
    """Return the archives of the package's own functions; an error ends the program with its message."""
    try:
        built = default_archives(
            functions_in_use(record_heartbeats=settings.record_heartbeats),
            Target(runtime=options.lambda_runtime, architecture=options.lambda_architecture),
            with_bytecode=options.lambda_bytecode,
        )
    except ArchiveError as error:
        raise RunError(str(error)) from error
    return {name: FileArchive(str(path)) for name, path in built.items()}
