"""An EventBridge schedule that invokes a function."""

import re
from dataclasses import field
from typing import Unpack

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check_range, check_rule, coerce_args
from websocket_sessions.component_options import ScheduleOptions
from websocket_sessions.function_ref import FunctionLike, FunctionRef, function_ref
from websocket_sessions.policies import PolicyStatement, policy_document, trust_document_within
from websocket_sessions.tags import Tags, stack_tags

_CRON = re.compile(r"cron\(\S+( \S+){5}\)")
_RATE = re.compile(r"rate\((1 (minute|hour|day)|[2-9]\d* (minutes|hours|days)|1\d+ (minutes|hours|days))\)")


@arguments
class ScheduleArgs:
    """Arguments of Schedule."""

    function: FunctionLike
    """The function to invoke: a LambdaHandler, an `aws.lambda_.Function` or an ARN."""
    expression: Input[str] = "rate(1 minute)"
    """When: `rate(5 minutes)`, or `cron(0 8 * * ? *)` in the time zone. The shortest interval is a minute. An
    invocation may be up to 60 s late
    (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html)."""
    time_zone: Input[str] | None = None
    """The time zone of a cron expression, such as Europe/Berlin; by default UTC."""
    payload: Input[str] | None = None
    """The event as JSON; by default the schedule's own."""
    retries: Input[int] = 2
    """Further attempts to invoke the function, 0 to 185. The invocation is asynchronous: an attempt succeeds
    as soon as Lambda accepts the event. What follows is the function's own configuration of asynchronous
    invocations, by default two retries within six hours."""
    max_age: Input[int] = 60
    """Seconds after which an event that Lambda did not accept is dropped, 60 to 86400."""
    role_path: Input[str] = "/"
    """The path of the names of roles that are created here, such as `/service/`."""
    permissions_boundary_arn: Input[str] | None = None
    """The managed policy that bounds what those roles may do."""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags, beside `Project` and `Stack`."""

    def __post_init__(self) -> None:
        """Check the values against EventBridge Scheduler's limits."""
        check_rule(
            "expression",
            self.expression,
            "allowed is rate(N minutes|hours|days) or cron(minute hour day month weekday year)",
            lambda text: bool(_RATE.fullmatch(text) or _CRON.fullmatch(text)),
        )
        check_range("retries", self.retries, 0, 185)
        check_range("max_age", self.max_age, 60, 86400)


class Schedule(ComponentResource):
    """A schedule, and the role by which it invokes one function."""

    schedule_name: Output[str]
    """The schedule's name."""

    def __init__(
        self,
        name: str,
        args: ScheduleArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[ScheduleOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:Schedule", name, None, opts)
        args = coerce_args(ScheduleArgs, args, options)
        child_opts = ResourceOptions(parent=self)
        called = function_ref(args.function)

        self.role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=trust_document_within("scheduler.amazonaws.com", called.arn),
            path=args.role_path,
            permissions_boundary=args.permissions_boundary_arn,
            tags=stack_tags(args.tags),
            opts=child_opts,
        )
        self.policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=self.role.name,
            policy=policy_document([_may_call(called)]),
            opts=child_opts,
        )
        self.schedule = self._create_schedule(name, args, called)

        self.schedule_name = self.schedule.name
        self.register_outputs({"scheduleName": self.schedule_name})

    def _create_schedule(self, name: str, args: ScheduleArgs, called: FunctionRef) -> aws.scheduler.Schedule:
        return aws.scheduler.Schedule(
            f"{name}-schedule",
            schedule_expression=args.expression,
            schedule_expression_timezone=args.time_zone,
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=called.arn,
                input=args.payload,
                role_arn=self.role.arn,
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_retry_attempts=args.retries, maximum_event_age_in_seconds=args.max_age
                ),
            ),
            opts=ResourceOptions(parent=self, depends_on=[self.policy, *called.depends_on]),
        )


def _may_call(called: FunctionRef) -> PolicyStatement:
    return PolicyStatement(actions=["lambda:InvokeFunction"], resources=[called.arn])
