"""What becomes of a function's asynchronous invocations: their age, their retries, and those that failed."""

from dataclasses import field
from typing import Unpack

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check_range, coerce_args
from websocket_sessions.component_options import AsyncInvocationsOptions
from websocket_sessions.lambda_handler import LambdaHandler
from websocket_sessions.policies import PolicyStatement, policy_document
from websocket_sessions.tags import Tags, stack_tags

_DAY = 86400


@arguments
class AsyncInvocationsArgs:
    """Arguments of AsyncInvocations."""

    function: LambdaHandler
    """The function that is invoked asynchronously: by a schedule, or by itself."""
    retries: Input[int] = 2
    """Attempts after the first one, 0 to 2. Lambda waits a minute before the first and two before the second
    (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html)."""
    max_age: Input[int] = 6 * 3600
    """Seconds that an event may wait for an attempt, 60 to 21600."""
    kms_key_arn: Input[str] | None = None
    """The key that encrypts the failed events, in place of AWS's own. The function's role needs it too."""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags, beside `Project` and `Stack`."""

    def __post_init__(self) -> None:
        """Check the values against Lambda's limits."""
        check_range("retries", self.retries, 0, 2)
        check_range("max_age", self.max_age, 60, 6 * 3600)


class AsyncInvocations(ComponentResource):
    """The limits of a function's asynchronous invocations, and a queue of the events that failed.

    Lambda applies them to each event that it has accepted, in place of the invoker's own retry policy.
    """

    failed_queue_name: Output[str]
    """The queue of events whose attempts failed or that became too old, each with the error."""

    def __init__(
        self,
        name: str,
        args: AsyncInvocationsArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[AsyncInvocationsOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:AsyncInvocations", name, None, opts)
        args = coerce_args(AsyncInvocationsArgs, args, options)
        self._name = name
        self._child_opts = ResourceOptions(parent=self)

        self.failed = self._create_queue(args)
        self.policy = self._create_policy(args.function)
        self.config = self._create_config(args)

        self.failed_queue_name = self.failed.name
        self.register_outputs({"failedQueueName": self.failed_queue_name})

    def _create_queue(self, args: AsyncInvocationsArgs) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            f"{self._name}-failed",
            message_retention_seconds=14 * _DAY,
            sqs_managed_sse_enabled=True if args.kms_key_arn is None else None,
            kms_master_key_id=args.kms_key_arn,
            tags=stack_tags(args.tags),
            opts=self._child_opts,
        )

    def _create_policy(self, function: LambdaHandler) -> aws.iam.RolePolicy:
        """Allow the function's role to send, as Lambda sends failed events with it."""
        may_send = PolicyStatement(actions=["sqs:SendMessage"], resources=[self.failed.arn])
        return aws.iam.RolePolicy(
            f"{self._name}-policy",
            role=function.role_name,
            policy=policy_document([may_send]),
            opts=self._child_opts,
        )

    def _create_config(self, args: AsyncInvocationsArgs) -> aws.lambda_.FunctionEventInvokeConfig:
        """Create the configuration after the policy, because Lambda checks that the role may send."""
        return aws.lambda_.FunctionEventInvokeConfig(
            f"{self._name}-config",
            function_name=args.function.function_name,
            qualifier=args.function.alias and args.function.alias.name,
            maximum_retry_attempts=args.retries,
            maximum_event_age_in_seconds=args.max_age,
            destination_config=aws.lambda_.FunctionEventInvokeConfigDestinationConfigArgs(
                on_failure=aws.lambda_.FunctionEventInvokeConfigDestinationConfigOnFailureArgs(
                    destination=self.failed.arn
                )
            ),
            opts=ResourceOptions(parent=self, depends_on=[self.policy]),
        )
