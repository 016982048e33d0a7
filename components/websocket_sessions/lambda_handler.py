"""A Lambda function with a role of its own that allows what it was given, and a log group."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Unpack

import pulumi_aws as aws
from pulumi import Archive, ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.argument_types import is_known
from websocket_sessions.arguments import arguments, check, check_choice, check_range, check_rule, coerce_args
from websocket_sessions.component_options import LambdaHandlerOptions
from websocket_sessions.plain_arguments import ALLOWS_VPC, READ_AS_CODE, plain_because
from websocket_sessions.policies import PolicyStatement, policy_document, trust_document
from websocket_sessions.snap_start_alias import SNAP_START_ALIAS
from websocket_sessions.source_code import DEFAULT_RUNTIME, SourceCode, source_code
from websocket_sessions.tags import Tags, stack_tags

_SNAP_START_RUNTIMES = {"python": (3, 12), "java": (11,), "dotnet": (8,)}
"""The oldest version of each language whose runtimes have SnapStart
(https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html)."""

LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
                      2922, 3288, 3653)  # fmt: skip
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""


@arguments
class VpcPlacement:
    """Where in a VPC a function runs."""

    subnet_ids: Input[Sequence[Input[str]]]
    """Subnets, at least two for availability, with endpoints or a NAT for DynamoDB, SQS and the internet,
    which has API Gateway and AppSync."""
    security_group_ids: Input[Sequence[Input[str]]]
    """Security groups."""


@arguments
class LambdaHandlerArgs:
    """Arguments of LambdaHandler."""

    handler: str = field(metadata=plain_because(READ_AS_CODE))
    """A path to code such as `app/app.handler` (folder, module, function), relative to the program; or, with
    `archive`, module and function in the archive."""
    archive: Input[Archive] | None = None
    """The code, if `handler` is no path to it."""
    function_name: Input[str] | None = None
    """The function's name, at most 64 characters; Pulumi makes one up by default."""
    policy: Input[Sequence[PolicyStatement]] = field(default_factory=list[PolicyStatement])
    """What the function may do besides writing its own log."""
    environment: Input[Mapping[str, Input[str]]] = field(default_factory=dict[str, Input[str]])
    """Environment variables."""
    runtime: Input[str] | None = None
    """Lambda runtime; by default the one for the file at the path, and python3.13 for an archive."""
    architecture: Input[str] = "arm64"
    """`arm64` or `x86_64`."""
    memory_size: Input[int] = 256
    """Megabytes, 128 to 10240; processor time follows it."""
    timeout: Input[int] = 10
    """Seconds, 1 to 900."""
    layers: Input[Sequence[Input[str]]] = field(default_factory=list[Input[str]])
    """ARNs of layer versions, at most five."""
    vpc: VpcPlacement | None = field(default=None, metadata=plain_because(ALLOWS_VPC))
    """Where in a VPC the function runs; by default in none."""
    log_format: Input[str] = "Text"
    """`Text` keeps lines as the function writes them; `JSON` wraps lines that are not JSON, and Lambda's."""
    log_retention_days: Input[int] = 30
    """Days that log lines are kept; CloudWatch knows certain values only."""
    tracing: Input[bool] = False
    """Whether X-Ray traces are recorded; needs no code."""
    reserved_concurrency: Input[int] | None = None
    """Instances kept for, and at most given to, this function; None takes from the account's pool."""
    snap_start: bool = False
    """Whether new instances start from a snapshot of the initialized function (SnapStart). Each change then
    publishes a version, of which Lambda takes the snapshot, and callers use the alias `live` of the newest.
    Snapshots are billed. What the code creates while it is imported must be right in every instance: no
    unique values, no seeds, no open connections. Python 3.12, Java 11 and .NET 8 or newer have it."""
    role_path: Input[str] = "/"
    """The path of the role's name, such as `/service/`."""
    permissions_boundary_arn: Input[str] | None = None
    """The managed policy that bounds what the role may do."""
    kms_key_arn: Input[str] | None = None
    """The key that encrypts environment variables and logs, in place of AWS's own. Its policy must allow
    CloudWatch Logs to use it."""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags, beside `Project` and `Stack`."""

    def __post_init__(self) -> None:
        """Check the values against Lambda's limits."""
        check_rule(
            "function_name",
            self.function_name,
            "allowed are 1 to 64 letters, digits, - and _",
            lambda name: (
                name is None
                or (
                    0 < len(name) <= 64
                    and name.replace("-", "").replace("_", "").isalnum()
                    and name.isascii()
                )
            ),
        )
        check_choice("architecture", self.architecture, ("arm64", "x86_64"))
        check_range("memory_size", self.memory_size, 128, 10240)
        check_range("timeout", self.timeout, 1, 900)
        check_choice("log_format", self.log_format, ("Text", "JSON"))
        check_choice("log_retention_days", self.log_retention_days, LOG_RETENTION_DAYS)
        check_rule(
            "role_path",
            self.role_path,
            "allowed is / or a path that begins and ends with /",
            lambda path: path.startswith("/") and path.endswith("/"),
        )
        if self.reserved_concurrency is not None:
            check_range("reserved_concurrency", self.reserved_concurrency, 0, 1000)


class LambdaHandler(ComponentResource):
    """A Lambda function with its role and its log group."""

    function_name: Output[str]
    """The function's name."""
    function_arn: Output[str]
    """The function's ARN."""
    target_arn: Output[str]
    """The ARN to invoke: the alias's with `snap_start`, else the function's."""
    invoke_arn: Output[str]
    """The URI by which API Gateway calls the function, or its alias with `snap_start`."""
    log_group_name: Output[str]
    """The function's log group."""
    role_name: Output[str]
    """The function's role."""
    role_arn: Output[str]
    """The role's ARN."""
    timeout: Output[int]
    """Seconds that the function may take."""

    def __init__(
        self,
        name: str,
        args: LambdaHandlerArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[LambdaHandlerOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:LambdaHandler", name, None, opts)
        self._name = name
        self._args = coerce_args(LambdaHandlerArgs, args, options)
        self._child_opts = ResourceOptions(parent=self)
        self._tags = stack_tags(self._args.tags)
        self._code = self._source_code()
        if self._args.snap_start:
            check_snap_start("snap_start", self._code.runtime)

        self.log_group = self._create_log_group()
        self.role = self._create_role()
        self.policy = self._create_policy()
        self.function = self._create_function()
        self.alias = self._create_alias() if self._args.snap_start else None

        target = self.alias or self.function
        self.function_name = self.function.name
        self.function_arn = self.function.arn
        self.target_arn = target.arn
        self.invoke_arn = target.invoke_arn
        self.log_group_name = self.log_group.name
        self.role_name = self.role.name
        self.role_arn = self.role.arn
        self.timeout = Output.from_input(self._args.timeout)
        self.register_outputs(
            {
                "functionName": self.function_name,
                "functionArn": self.function_arn,
                "targetArn": self.target_arn,
                "invokeArn": self.invoke_arn,
                "logGroupName": self.log_group_name,
                "roleName": self.role_name,
                "roleArn": self.role_arn,
                "timeout": self.timeout,
            }
        )

    def _create_log_group(self) -> aws.cloudwatch.LogGroup:
        given = self._args.function_name
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=None if given is None else Output.concat("/aws/lambda/", given),
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._args.kms_key_arn,
            tags=self._tags,
            opts=self._child_opts,
        )

    def _create_role(self) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self._name}-role",
            assume_role_policy=trust_document("lambda.amazonaws.com"),
            path=self._args.role_path,
            permissions_boundary=self._args.permissions_boundary_arn,
            tags=self._tags,
            opts=self._child_opts,
        )

    def _create_policy(self) -> aws.iam.RolePolicy:
        granted = Output.all(self._args.policy, self._args.tracing).apply(
            lambda known: [*known[0], *([_MAY_TRACE] if known[1] else [])]
        )
        return aws.iam.RolePolicy(
            f"{self._name}-policy",
            role=self.role.name,
            policy=granted.apply(lambda statements: policy_document([*statements, *self._always_allowed()])),
            opts=self._child_opts,
        )

    def _always_allowed(self) -> list[PolicyStatement]:
        """Return the permissions that follow from where the function logs and runs."""
        log = PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[self.log_group.arn.apply(lambda arn: f"{arn}:log-stream:*")],
        )
        return [log, _MAY_ENTER_VPC] if self._args.vpc else [log]

    def _create_function(self) -> aws.lambda_.Function:
        """Create the function only when its role can do all it needs, so that no first call fails."""
        args, code = self._args, self._code
        vpc = args.vpc
        return aws.lambda_.Function(
            f"{self._name}-function",
            name=args.function_name,
            role=self.role.arn,
            code=code.archive,
            handler=code.handler,
            runtime=code.runtime,
            architectures=[args.architecture],
            memory_size=args.memory_size,
            timeout=args.timeout,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=args.environment),
            layers=args.layers or None,
            vpc_config=vpc
            and aws.lambda_.FunctionVpcConfigArgs(
                subnet_ids=vpc.subnet_ids, security_group_ids=vpc.security_group_ids
            ),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                log_format=args.log_format, log_group=self.log_group.name
            ),
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(
                mode=Output.from_input(args.tracing).apply(lambda on: "Active" if on else "PassThrough")
            ),
            reserved_concurrent_executions=args.reserved_concurrency,
            publish=True if args.snap_start else None,
            snap_start=aws.lambda_.FunctionSnapStartArgs(apply_on="PublishedVersions")
            if args.snap_start
            else None,
            kms_key_arn=args.kms_key_arn,
            tags=self._tags,
            opts=ResourceOptions(parent=self, depends_on=[self.policy, self.log_group]),
        )

    def _create_alias(self) -> aws.lambda_.Alias:
        """Point an alias to the newest version, which has a snapshot when the function is updated."""
        return aws.lambda_.Alias(
            f"{self._name}-alias",
            name=SNAP_START_ALIAS,
            function_name=self.function.name,
            function_version=self.function.version,
            opts=self._child_opts,
        )

    def _source_code(self) -> SourceCode:
        args = self._args
        if args.archive is None:
            found = source_code("handler", args.handler)
            return SourceCode(
                archive=found.archive, handler=found.handler, runtime=args.runtime or found.runtime
            )
        return SourceCode(archive=args.archive, handler=args.handler, runtime=args.runtime or DEFAULT_RUNTIME)


def check_snap_start(argument: str, runtime: Input[str]) -> None:
    """Raise ArgumentError for a known runtime without SnapStart."""
    if not is_known(runtime):
        return
    found = re.match(r"([a-z]+)([\d.]+)", str(runtime))
    language, version = found.groups() if found else ("", "0")
    oldest = _SNAP_START_RUNTIMES.get(language)
    check(
        argument,
        True,
        f"allowed with the runtimes of Python 3.12, Java 11 and .NET 8 or newer; the runtime is {runtime}",
        when=oldest is not None and tuple(map(int, version.rstrip(".").split("."))) >= oldest,
    )


_MAY_TRACE = PolicyStatement(
    actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    resources=["*"],
)
"""X-Ray has no resources to name (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html)."""
_MAY_ENTER_VPC = PolicyStatement(
    actions=[
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ],
    resources=["*"],
)
"""What Lambda needs to place a function (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html)."""
