"""Makes the backend's functions from the table of permissions."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from pulumi import Archive, ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check
from websocket_sessions.backend_route import BackendRoute
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import SessionSettings
from websocket_sessions.digest_key import create_digest_key
from websocket_sessions.event_channel import EventChannel
from websocket_sessions.fan_out_queue import FanOutQueue
from websocket_sessions.function_options import FunctionOptions
from websocket_sessions.lambda_handler import LambdaHandler, LambdaHandlerArgs
from websocket_sessions.names import stack_name
from websocket_sessions.observability import METRICS_NAMESPACE
from websocket_sessions.permissions import FUNCTION_SPECS, FunctionSpec
from websocket_sessions.policies import PolicyStatement
from websocket_sessions.routes import CHANNEL_FUNCTION, functions_in_use
from websocket_sessions.session_tables import SessionTables
from websocket_sessions.snap_start_alias import SNAP_START_ALIAS
from websocket_sessions.token_issuer import TokenIssuer
from websocket_sessions.web_socket_api import WebSocketApi


@arguments
class SessionFunctionsArgs:
    """Arguments of SessionFunctions."""

    prefix: str
    """What the functions' names have after the project and the stack."""
    archives: Mapping[str, Input[Archive]]
    """Each function's code, by handler."""
    settings: SessionSettings
    """The behaviour of sessions."""
    options: BackendOptions
    """The settings of the resources."""
    shared: FunctionOptions
    """What all functions have in common."""
    tables: SessionTables
    """The tables."""
    issuer: TokenIssuer
    """The issuer of the speakers' tokens."""
    queue: FanOutQueue
    """The queue by which large audiences are served."""
    api: WebSocketApi
    """The API whose connections are pushed to."""

    def __post_init__(self) -> None:
        """Check that there is code for every function in use."""
        for name in functions_in_use(
            record_heartbeats=self.settings.record_heartbeats, has_channel=self.options.has_channel
        ):
            check(
                "archives",
                sorted(self.archives),
                f"an archive for {name} is needed",
                when=name in self.archives,
            )


class SessionFunctions(ComponentResource):
    """One function a handler, each with a role of its own that allows what the table of permissions says."""

    def __init__(
        self,
        name: str,
        args: SessionFunctionsArgs,
        opts: ResourceOptions | None = None,
        *,
        create_channel: Callable[[LambdaHandler], EventChannel],
    ) -> None:
        """Create the functions.

        `create_channel` creates the audience's channel with its authorizer, in a stack that has one. The
        authorizer is one of the functions, and others publish to the channel or offer it.
        """
        super().__init__("websocket_sessions:index:SessionFunctions", name, None, opts)
        self._args = args
        self._child_opts = ResourceOptions(parent=self)

        self._digest_key = create_digest_key(
            f"{name}-digest-key",
            stack_name(args.prefix, "digest-key"),
            kms_key_arn=args.shared.kms_key_arn,
            tags=args.shared.tags,
            opts=self._child_opts,
        )
        self.handlers: dict[str, LambdaHandler] = {}
        self.channel: EventChannel | None = None
        if args.options.has_channel:
            authorizer = self._create(name, CHANNEL_FUNCTION)
            self.handlers[CHANNEL_FUNCTION] = authorizer
            self.channel = create_channel(authorizer)
        for handler in functions_in_use(record_heartbeats=args.settings.record_heartbeats):
            self.handlers[handler] = self._create(name, handler)

        self.register_outputs({"functionNames": self.names, "logGroupNames": self.log_group_names})

    def __getitem__(self, handler: str) -> LambdaHandler:
        """Return the function of a handler."""
        return self.handlers[handler]

    @property
    def names(self) -> dict[str, Output[str]]:
        """The functions' names, by handler."""
        return {handler: function.function_name for handler, function in self.handlers.items()}

    @property
    def arns(self) -> dict[str, Output[str]]:
        """The functions' ARNs, by handler."""
        return {handler: function.function_arn for handler, function in self.handlers.items()}

    @property
    def log_group_names(self) -> dict[str, Output[str]]:
        """The log groups' names, by handler."""
        return {handler: function.log_group_name for handler, function in self.handlers.items()}

    def create_for(self, name: str, route: BackendRoute) -> LambdaHandler:
        """Create the function of a further route, with the access to tables and connections that it names."""
        tables, api = self._args.tables, self._args.api
        granted = [
            _allow("dynamodb", " ".join(route.tables[table]), tables.arns[table]) for table in route.tables
        ]
        variables: dict[str, Input[str]] = {
            f"{table.upper()}_TABLE": tables.names[table] for table in route.tables
        }
        if route.connections:
            granted.append(api.manage_connections(route.connections))
            variables["CALLBACK_URL"] = api.callback_url
        return LambdaHandler(
            name,
            LambdaHandlerArgs(
                handler=route.handler,
                policy=Output.from_input(route.policy).apply(lambda known: [*known, *granted]),
                environment=Output.all(variables, route.environment).apply(lambda known: known[0] | known[1]),
                timeout=route.timeout,
                memory_size=route.memory_size,
                snap_start=route.snap_start,
                architecture=self._args.options.lambda_architecture,
                log_retention_days=self._args.options.log_retention_days,
                tracing=self._args.options.tracing,
                **vars(self._args.shared),
            ),
            opts=self._child_opts,
        )

    def _create(self, name: str, handler: str) -> LambdaHandler:
        spec = FUNCTION_SPECS[handler].in_stack(
            self._args.settings, has_channel=self._args.options.has_channel
        )
        slug = handler.replace("_", "-")
        function_name = stack_name(self._args.prefix, slug)
        return LambdaHandler(
            f"{name}-{slug}",
            LambdaHandlerArgs(
                archive=self._args.archives[handler],
                handler=f"handlers.{handler}.handler",
                function_name=function_name,
                policy=self._policy(spec, function_name),
                environment=self._environment(spec, function_name),
                timeout=spec.timeout,
                memory_size=spec.memory_size,
                runtime=self._args.options.lambda_runtime,
                architecture=self._args.options.lambda_architecture,
                log_retention_days=self._args.options.log_retention_days,
                tracing=self._args.options.tracing,
                reserved_concurrency=self._args.options.reserved.get(handler),
                snap_start=self._args.options.snap_start,
                **vars(self._args.shared),
            ),
            opts=self._child_opts,
        )

    def _policy(self, spec: FunctionSpec, function_name: str) -> list[PolicyStatement]:
        tables, queue = self._args.tables, self._args.queue
        statements = [
            _allow("dynamodb", operations, tables.arns[table]) for table, operations in spec.tables.items()
        ]
        statements += [_allow("dynamodb", "Query", tables.due_index_arn(table)) for table in spec.due_indexes]
        if spec.connections:
            statements.append(self._args.api.manage_connections(spec.connections))
        if self.channel and spec.publishes_to_channel:
            statements.append(self.channel.allow_publish())
        if spec.sends_to_queue:
            statements.append(_allow("sqs", "SendMessage", queue.queue_arn))
        if spec.consumes_queue:
            operations = "ReceiveMessage DeleteMessage GetQueueAttributes ChangeMessageVisibility"
            statements.append(_allow("sqs", operations, queue.queue_arn))
        if spec.reads_stream:
            operations = "GetRecords GetShardIterator DescribeStream"
            statements.append(_allow("dynamodb", operations, tables.listener_stream_arn))
            statements.append(_LISTS_STREAMS)
        if spec.calls_hook and self._args.settings.hook_function_arn is not None:
            statements.append(_allow("lambda", "InvokeFunction", self._args.settings.hook_function_arn))
        if spec.calls_itself:
            statements.append(_allow("lambda", "InvokeFunction", self._function_arn(function_name)))
        if self._args.shared.kms_key_arn is not None:
            statements.append(use_of_key(self._args.shared.kms_key_arn))
        return statements

    def _environment(self, spec: FunctionSpec, function_name: str) -> dict[str, Input[str]]:
        """Return the environment variables that the function reads, and no more."""
        variables: dict[str, Input[str]] = {
            "SETTINGS": self._settings_json(),
            "DIGEST_KEY": self._digest_key,
            "SERVICE_NAME": function_name,
            "METRICS_NAMESPACE": METRICS_NAMESPACE,
            "LOG_LEVEL": self._args.options.log_level,
        }
        if spec.calls_itself and self._args.options.snap_start:
            variables["FUNCTION_ALIAS"] = SNAP_START_ALIAS
        variables |= {f"{table.upper()}_TABLE": self._args.tables.names[table] for table in spec.tables}
        if spec.connections:
            variables["CALLBACK_URL"] = self._args.api.callback_url
        if self.channel and (spec.publishes_to_channel or spec.offers_channel):
            variables["CHANNEL_PUBLISH_URL"] = self.channel.publish_url
        if self.channel and spec.offers_channel:
            variables["CHANNEL_SUBSCRIBE_URL"] = self.channel.subscribe_url
        if spec.sends_to_queue:
            variables["FAN_OUT_QUEUE_URL"] = self._args.queue.queue_url
        if spec.verifies_tokens:
            issuer = self._args.issuer
            variables |= {
                "TOKEN_AUDIENCE": issuer.audience.apply(" ".join),
                "TOKEN_ISSUER": issuer.issuer,
                "ISSUER_KIND": issuer.kind,
                "JWKS_URL": issuer.jwks_url,
            }
        return variables

    def _settings_json(self) -> Output[str]:
        """Return the settings for the functions, once the hook's ARN is known."""
        settings = self._args.settings
        return Output.from_input(settings.hook_function_arn).apply(
            lambda arn: replace(settings, hook_function_arn=arn).to_json()
        )

    def _function_arn(self, function_name: str) -> Output[str]:
        """Return the ARN of a function, or of its alias, that does not exist yet.

        Its role must allow the call before the function is created.
        """
        table_arn = self._args.tables.arns["sessions"]
        alias = [SNAP_START_ALIAS] if self._args.options.snap_start else []
        return table_arn.apply(
            lambda arn: ":".join(
                [*arn.split(":")[:2], "lambda", *arn.split(":")[3:5], "function", function_name, *alias]
            )
        )


def use_of_key(key_arn: Input[str]) -> PolicyStatement:
    """Return the permission to read and write tables, queues and variables that a key encrypts."""
    return _allow("kms", "Decrypt DescribeKey Encrypt GenerateDataKey", key_arn)


def _allow(service: str, operations: str, resource: Input[str]) -> PolicyStatement:
    return PolicyStatement(
        actions=[f"{service}:{operation}" for operation in operations.split()], resources=[resource]
    )


_LISTS_STREAMS = PolicyStatement(actions=["dynamodb:ListStreams"], resources=["*"])
"""ListStreams has no resource to name
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html)."""
