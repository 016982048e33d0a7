"""The queue by which large audiences are served: its dead letters, and its consumer."""

from dataclasses import field
from typing import Unpack

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check_range, coerce_args
from websocket_sessions.component_options import FanOutQueueOptions
from websocket_sessions.lambda_handler import LambdaHandler
from websocket_sessions.tags import Tags, stack_tags

_DAY = 86400


@arguments
class FanOutQueueArgs:
    """Arguments of FanOutQueue."""

    consumer_timeout: Input[int] = 30
    """Seconds that the consumer may take. A message that it was given and that it neither served nor gave
    back becomes visible again after six times that, as AWS advises
    (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)."""
    max_receives: Input[int] = 5
    """Deliveries of a message before it becomes a dead letter, 5 to 1000: AWS advises five at least (same
    page), for one whose consumer was throttled counts as delivered."""
    retention: Input[int] = 3600
    """Seconds that a message waits at most, 60 to 1209600: older ones are recovered from the log."""
    max_concurrency: Input[int] = 10
    """Maximum number of parallel consumers, 2 to 1000. It limits the pushes per second."""
    kms_key_arn: Input[str] | None = None
    """The key that encrypts the messages, in place of AWS's own. The roles that use them need it too."""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags, beside `Project` and `Stack`."""

    def __post_init__(self) -> None:
        """Check the values against the limits of SQS and Lambda."""
        check_range("consumer_timeout", self.consumer_timeout, 1, 900)
        check_range("max_receives", self.max_receives, 5, 1000, "as AWS advises for Lambda")
        check_range("retention", self.retention, 60, 14 * _DAY)
        check_range("max_concurrency", self.max_concurrency, 2, 1000)


class FanOutQueue(ComponentResource):
    """An encrypted queue whose failures end in a dead-letter queue after bounded tries."""

    queue_url: Output[str]
    """Where messages are sent."""
    queue_arn: Output[str]
    """The queue's ARN."""
    dead_letter_queue_name: Output[str]
    """The queue of messages that could not be delivered."""

    def __init__(
        self,
        name: str,
        args: FanOutQueueArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[FanOutQueueOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:FanOutQueue", name, None, opts)
        self._args = coerce_args(FanOutQueueArgs, args, options)
        self._name = name
        self._child_opts = ResourceOptions(parent=self)
        self._tags = stack_tags(self._args.tags)

        self.dead_letters = self._create_dead_letters()
        self.queue = self._create_queue()

        self.queue_url = self.queue.url
        self.queue_arn = self.queue.arn
        self.dead_letter_queue_name = self.dead_letters.name
        self.register_outputs(
            {
                "queueUrl": self.queue_url,
                "queueArn": self.queue_arn,
                "deadLetterQueueName": self.dead_letter_queue_name,
            }
        )

    def deliver_to(self, handler: LambdaHandler) -> aws.lambda_.EventSourceMapping:
        """Give the queue its consumer, which answers with the messages that it could not serve.

        Its role must allow sqs:ChangeMessageVisibility, which brings failed messages back soon.
        """
        return aws.lambda_.EventSourceMapping(
            f"{self._name}-consumer",
            event_source_arn=self.queue.arn,
            function_name=handler.target_arn,
            batch_size=10,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=aws.lambda_.EventSourceMappingScalingConfigArgs(
                maximum_concurrency=self._args.max_concurrency
            ),
            tags=self._tags,
            opts=ResourceOptions(parent=self, depends_on=[handler.policy]),
        )

    @property
    def _sse_managed(self) -> bool | None:
        """Whether SQS encrypts with its own key: None with a key of the caller, which excludes it."""
        return True if self._args.kms_key_arn is None else None

    def _create_dead_letters(self) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            f"{self._name}-dead-letters",
            message_retention_seconds=14 * _DAY,
            sqs_managed_sse_enabled=self._sse_managed,
            kms_master_key_id=self._args.kms_key_arn,
            tags=self._tags,
            opts=self._child_opts,
        )

    def _create_queue(self) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            f"{self._name}-queue",
            message_retention_seconds=self._args.retention,
            visibility_timeout_seconds=Output.from_input(self._args.consumer_timeout).apply(
                lambda seconds: 6 * seconds
            ),
            sqs_managed_sse_enabled=self._sse_managed,
            kms_master_key_id=self._args.kms_key_arn,
            tags=self._tags,
            redrive_policy=Output.json_dumps(
                {"deadLetterTargetArn": self.dead_letters.arn, "maxReceiveCount": self._args.max_receives},
                sort_keys=True,
                separators=(",", ":"),
            ),
            opts=self._child_opts,
        )
