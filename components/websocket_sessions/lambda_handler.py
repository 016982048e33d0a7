"""A Lambda function with a role of its own that allows what it was given, and a log group."""

from dataclasses import field

import pulumi
import pulumi_aws as aws
from pulumi import Archive, ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check, check_choice, check_range, coerce_args
from websocket_sessions.policies import PolicyStatement, policy_document, trust_document

LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
                      2922, 3288, 3653)  # fmt: skip
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""


@arguments
class LambdaHandlerArgs:
    """Arguments of LambdaHandler."""

    archive: Archive
    """The code."""
    handler: str
    """Module and function in the archive, such as `handlers.publish.handler`."""
    function_name: str
    """The function's name, at most 64 characters; its log group is named after it."""
    policy: list[PolicyStatement] = field(default_factory=list[PolicyStatement])
    """What the function may do besides writing its own log."""
    environment: dict[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Environment variables."""
    runtime: str = "python3.13"
    """Lambda runtime."""
    architecture: str = "arm64"
    """`arm64` or `x86_64`."""
    memory_size: int = 256
    """Megabytes, 128 to 10240; processor time follows it."""
    timeout: int = 10
    """Seconds, 1 to 900."""
    log_retention_days: int = 30
    """Days that log lines are kept; CloudWatch knows certain values only."""
    tracing: bool = False
    """Whether X-Ray traces are recorded; needs no code."""
    reserved_concurrency: int | None = None
    """Instances kept for, and at most given to, this function; None takes from the account's pool."""

    def __post_init__(self) -> None:
        """Check the values against Lambda's limits."""
        check(
            "function_name",
            self.function_name,
            "allowed are 1 to 64 letters, digits, - and _",
            when=0 < len(self.function_name) <= 64 and self.function_name.replace("-", "_").isidentifier(),
        )
        check_choice("architecture", self.architecture, ("arm64", "x86_64"))
        check_range("memory_size", self.memory_size, 128, 10240)
        check_range("timeout", self.timeout, 1, 900)
        check_choice("log_retention_days", self.log_retention_days, LOG_RETENTION_DAYS)
        if self.reserved_concurrency is not None:
            check_range("reserved_concurrency", self.reserved_concurrency, 0, 1000)


class LambdaHandler(ComponentResource):
    """A Lambda function with its role and its log group."""

    function_name: Output[str]
    """The function's name."""
    function_arn: Output[str]
    """The function's ARN."""
    log_group_name: Output[str]
    """Where it logs."""
    role_name: Output[str]
    """Its role."""

    def __init__(self, name: str, args: LambdaHandlerArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("websocket_sessions:index:LambdaHandler", name, None, opts)
        args = coerce_args(LambdaHandlerArgs, args)
        child_opts = ResourceOptions(parent=self)

        self.timeout = args.timeout
        self.log_group = self._create_log_group(name, args, child_opts)
        self.role = self._create_role(name, child_opts)
        self.policy = self._create_policy(name, args, child_opts)
        self.function = self._create_function(name, args)

        self.function_name = self.function.name
        self.function_arn = self.function.arn
        self.log_group_name = self.log_group.name
        self.role_name = self.role.name
        self.register_outputs(
            {
                "functionName": self.function_name,
                "functionArn": self.function_arn,
                "logGroupName": self.log_group_name,
                "roleName": self.role_name,
            }
        )

    def _create_log_group(
        self, name: str, args: LambdaHandlerArgs, child_opts: ResourceOptions
    ) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/lambda/{args.function_name}",
            retention_in_days=args.log_retention_days,
            opts=child_opts,
        )

    def _create_role(self, name: str, child_opts: ResourceOptions) -> aws.iam.Role:
        return aws.iam.Role(
            f"{name}-role", assume_role_policy=trust_document("lambda.amazonaws.com"), opts=child_opts
        )

    def _create_policy(
        self, name: str, args: LambdaHandlerArgs, child_opts: ResourceOptions
    ) -> aws.iam.RolePolicy:
        statements = [*args.policy, self._may_log()]
        if args.tracing:
            statements.append(_MAY_TRACE)
        return aws.iam.RolePolicy(
            f"{name}-policy", role=self.role.name, policy=policy_document(statements), opts=child_opts
        )

    def _may_log(self) -> PolicyStatement:
        return PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[self.log_group.arn.apply(lambda arn: f"{arn}:log-stream:*")],
        )

    def _create_function(self, name: str, args: LambdaHandlerArgs) -> aws.lambda_.Function:
        """Create the function only when its role can do all it needs, so that no first call fails."""
        return aws.lambda_.Function(
            f"{name}-function",
            name=args.function_name,
            role=self.role.arn,
            code=args.archive,
            handler=args.handler,
            runtime=args.runtime,
            architectures=[args.architecture],
            memory_size=args.memory_size,
            timeout=args.timeout,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=args.environment),
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(
                mode="Active" if args.tracing else "PassThrough"
            ),
            reserved_concurrent_executions=args.reserved_concurrency,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.policy, self.log_group]),
        )


_MAY_TRACE = PolicyStatement(
    actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    resources=["*"],
)
"""X-Ray has no resources to name (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html)."""
