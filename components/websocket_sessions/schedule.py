"""An EventBridge schedule that calls a function."""

import re

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check, check_range
from websocket_sessions.lambda_handler import LambdaHandler
from websocket_sessions.policies import PolicyStatement, policy_document, trust_document_within

_RATE = re.compile(r"rate\((1 (minute|hour|day)|[2-9]\d* (minutes|hours|days)|1\d+ (minutes|hours|days))\)")


@arguments
class ScheduleArgs:
    """Arguments of Schedule."""

    handler: LambdaHandler
    """The function to call."""
    rate: str = "rate(1 minute)"
    """How often; a minute is the least."""
    retries: int = 2
    """Further tries of one call, 0 to 185."""
    max_age: int = 60
    """Seconds after which a call that failed is not tried any more, 60 to 86400."""

    def __post_init__(self) -> None:
        """Check the values against EventBridge Scheduler's limits."""
        check(
            "rate", self.rate, "allowed is rate(N minutes|hours|days)", when=bool(_RATE.fullmatch(self.rate))
        )
        check_range("retries", self.retries, 0, 185)
        check_range("max_age", self.max_age, 60, 86400)


class Schedule(ComponentResource):
    """A schedule, and the role by which it calls the one function."""

    schedule_name: Output[str]
    """The schedule's name."""

    def __init__(self, name: str, args: ScheduleArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("websocket_sessions:index:Schedule", name, None, opts)
        child_opts = ResourceOptions(parent=self)

        self.role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=trust_document_within("scheduler.amazonaws.com", args.handler.function_arn),
            opts=child_opts,
        )
        self.policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=self.role.name,
            policy=policy_document([_may_call(args.handler)]),
            opts=child_opts,
        )
        self.schedule = self._create_schedule(name, args)

        self.schedule_name = self.schedule.name
        self.register_outputs({"scheduleName": self.schedule_name})

    def _create_schedule(self, name: str, args: ScheduleArgs) -> aws.scheduler.Schedule:
        return aws.scheduler.Schedule(
            f"{name}-schedule",
            schedule_expression=args.rate,
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=args.handler.function_arn,
                role_arn=self.role.arn,
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_retry_attempts=args.retries, maximum_event_age_in_seconds=args.max_age
                ),
            ),
            opts=ResourceOptions(parent=self, depends_on=[self.policy]),
        )


def _may_call(handler: LambdaHandler) -> PolicyStatement:
    return PolicyStatement(actions=["lambda:InvokeFunction"], resources=[handler.function_arn])
