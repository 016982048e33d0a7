"""Alarms on the faults of a backend, a dashboard, and a topic for the alarms."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Unpack

import pulumi_aws as aws
from pulumi import ComponentResource, Input, InvokeOutputOptions, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check_choice, check_range, coerce_args
from websocket_sessions.component_options import ObservabilityOptions
from websocket_sessions.dashboard import dashboard_body
from websocket_sessions.lambda_handler import LambdaHandler
from websocket_sessions.names import stack_name
from websocket_sessions.tags import Tags, stack_tags

NEAR_TIMEOUT = 0.8
"""The part of its time-out from which a function's 99th percentile alarms."""
METRICS_NAMESPACE = "WebSocketSessions"
_MINUTE_MS = 60_000


@arguments
class WatchedFunction:
    """A function to watch that is no LambdaHandler."""

    function_name: Input[str]
    """The function's name."""
    log_group_name: Input[str]
    """The function's log group."""
    timeout: Input[int]
    """Seconds that the function may take."""


Watched = LambdaHandler | WatchedFunction


@arguments
class LogAlarm:
    """An alarm on what functions log in JSON lines."""

    functions: Sequence[str]
    """The functions that log it, by their names in `functions`."""
    pattern: Input[str]
    """The lines that count, as a metric filter names them, such as `{ $.message = "refused" }`."""
    value: Input[str] = "1"
    """What a line counts as: a number, or a field such as `$.Refused[0]`."""
    threshold: Input[float] = 0
    """The alarm fires if a minute counts more than that."""
    datapoints: Input[int] = 3
    """In how many of five minutes."""

    def __post_init__(self) -> None:
        """Check that the alarm looks at five minutes."""
        check_range("datapoints", self.datapoints, 1, 5)


@arguments
class ObservabilityArgs:
    """Arguments of Observability."""

    functions: Mapping[str, Watched] = field(default_factory=dict[str, Watched])
    """The functions to watch, by a name for each."""
    web_socket_api_id: Input[str] | None = None
    """The WebSocket API to watch."""
    stage_name: Input[str] = "live"
    """Its stage."""
    event_api_id: Input[str] | None = None
    """The AppSync Event API to watch."""
    dead_letter_queue_name: Input[str] | None = None
    """The queue of messages that could not be delivered."""
    metrics_namespace: Input[str] = METRICS_NAMESPACE
    """The CloudWatch namespace of the functions' own counters."""
    stream_function: str | None = None
    """The function that consumes a stream and may fall behind it, by its name in `functions`."""
    scheduled_function: str | None = None
    """The function that a schedule calls each minute, by its name in `functions`."""
    log_alarms: Mapping[str, LogAlarm] = field(default_factory=dict[str, LogAlarm])
    """Alarms on log lines of the functions, by name."""
    alarms: bool = True
    """Whether there are alarms. Each is billed by the month, and so is an account's fourth dashboard."""
    alarm_topic: bool = False
    """Whether alarms notify a topic of this stack. Its subscribers are added by hand."""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags, beside `Project` and `Stack`."""

    def __post_init__(self) -> None:
        """Check that the alarms on log lines name functions that are watched."""
        for name, alarm in self.log_alarms.items():
            for function in alarm.functions:
                check_choice(f"log_alarms.{name}.functions", function, tuple(self.functions))


class Observability(ComponentResource):
    """Alarms, a dashboard, and the topic."""

    dashboard_url: Output[str]
    """Where the dashboard is."""

    def __init__(
        self,
        name: str,
        args: ObservabilityArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[ObservabilityOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:Observability", name, None, opts)
        args = coerce_args(ObservabilityArgs, args, options)
        self._name = name
        self._child_opts = ResourceOptions(parent=self)
        self._tags = stack_tags(args.tags)

        here = InvokeOutputOptions(parent=self)
        self._region = aws.get_region_output(opts=here).region
        console = aws.get_partition_output(opts=here).partition.apply(_console_host)
        self.topic = self._create_topic() if args.alarm_topic else None
        self.alarms = self._create_alarms(args) if args.alarms else []
        self.dashboard = self._create_dashboard(args)

        self.dashboard_url = Output.format(
            "https://{0}.{1}/cloudwatch/home?region={0}#dashboards:name={2}",
            self._region,
            console,
            self.dashboard.dashboard_name,
        )
        self.register_outputs({"dashboardUrl": self.dashboard_url})

    def _create_topic(self) -> aws.sns.Topic:
        """Create a topic without encryption at rest.

        CloudWatch may not use the AWS managed key of SNS, whose policy is fixed, so no alarm would arrive. An
        alarm's message has names and figures only
        (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
        """
        return aws.sns.Topic(f"{self._name}-alarms", tags=self._tags, opts=self._child_opts)

    def _create_alarms(self, args: ObservabilityArgs) -> list[aws.cloudwatch.MetricAlarm]:
        alarms = [
            alarm
            for handler, function in args.functions.items()
            for alarm in self._function_alarms(handler.replace("_", "-"), function)
        ]
        behind = args.functions.get(args.stream_function or "")
        if behind:
            alarms.append(
                self._alarm(
                    "stream-behind",
                    "AWS/Lambda",
                    "IteratorAge",
                    {"FunctionName": behind.function_name},
                    statistic="Maximum",
                    threshold=_MINUTE_MS,
                )
            )
        scheduled = args.functions.get(args.scheduled_function or "")
        if scheduled:
            alarms.append(self._stopped_alarm("schedule-stopped", scheduled))
        if args.functions:
            errors = LogAlarm(functions=tuple(args.functions), pattern='{ $.level = "ERROR" }', datapoints=1)
            alarms.append(self._log_alarm(args, "logged-errors", errors))
        alarms += [self._log_alarm(args, name, alarm) for name, alarm in args.log_alarms.items()]
        if args.dead_letter_queue_name is not None:
            queue = {"QueueName": args.dead_letter_queue_name}
            alarms.append(
                self._alarm(
                    "dead-letters",
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    queue,
                    statistic="Maximum",
                )
            )
        if args.web_socket_api_id is not None:
            # IntegrationError also counts connections that `$connect` rejects, for example by a rate limit.
            api = {"ApiId": args.web_socket_api_id, "Stage": args.stage_name}
            alarms.append(self._alarm("execution-errors", "AWS/ApiGateway", "ExecutionError", api))
        if args.event_api_id is not None:
            # 4XXError also counts requests of strangers, because the endpoint is public.
            channel = {"EventAPIId": args.event_api_id}
            alarms.append(self._alarm("channel-errors", "AWS/AppSync", "5XXError", channel))
        return alarms

    def _function_alarms(self, slug: str, function: Watched) -> list[aws.cloudwatch.MetricAlarm]:
        dimensions = {"FunctionName": function.function_name}
        near = Output.from_input(function.timeout).apply(lambda seconds: NEAR_TIMEOUT * seconds * 1000)
        return [
            self._alarm(f"{slug}-errors", "AWS/Lambda", "Errors", dimensions),
            self._alarm(f"{slug}-throttles", "AWS/Lambda", "Throttles", dimensions),
            self._alarm(
                f"{slug}-near-timeout",
                "AWS/Lambda",
                "Duration",
                dimensions,
                extended_statistic="p99",
                threshold=near,
            ),
        ]

    def _log_alarm(self, args: ObservabilityArgs, slug: str, alarm: LogAlarm) -> aws.cloudwatch.MetricAlarm:
        """Alarm on log lines. Lambda counts no error for a reply with an error's code, such as INTERNAL."""
        metric = stack_name(self._name, slug, limit=200)
        for handler in alarm.functions:
            aws.cloudwatch.LogMetricFilter(
                f"{self._name}-{handler.replace('_', '-')}-{slug}",
                log_group_name=args.functions[handler].log_group_name,
                pattern=alarm.pattern,
                metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                    name=metric, namespace=args.metrics_namespace, value=alarm.value
                ),
                opts=self._child_opts,
            )
        return self._alarm(
            slug, args.metrics_namespace, metric, {}, threshold=alarm.threshold, datapoints=alarm.datapoints
        )

    def _stopped_alarm(self, slug: str, function: Watched) -> aws.cloudwatch.MetricAlarm:
        """Alarm if a function is no longer invoked: CloudWatch has no data for five minutes.

        Missing data leads to the state INSUFFICIENT_DATA, in which an alarm also begins, so that a new stack
        raises no alarm before the first run.
        """
        dimensions = {"FunctionName": function.function_name}
        return self._alarm(
            slug,
            "AWS/Lambda",
            "Invocations",
            dimensions,
            threshold=1,
            datapoints=5,
            comparison="LessThanThreshold",
            missing_data="missing",
        )

    def _alarm(
        self,
        slug: str,
        namespace: Input[str],
        metric: str,
        dimensions: Mapping[str, Input[str]],
        *,
        statistic: str = "Sum",
        extended_statistic: str | None = None,
        threshold: Input[float] = 0,
        datapoints: Input[int] = 3,
        comparison: str = "GreaterThanThreshold",
        missing_data: str = "notBreaching",
    ) -> aws.cloudwatch.MetricAlarm:
        """Alarm if the metric is above the threshold in three of five minutes. Missing data counts as OK."""
        actions = [self.topic.arn] if self.topic else None
        return aws.cloudwatch.MetricAlarm(
            f"{self._name}-{slug}",
            namespace=namespace,
            metric_name=metric,
            dimensions=dimensions or None,
            statistic=None if extended_statistic else statistic,
            extended_statistic=extended_statistic,
            period=60,
            evaluation_periods=5,
            datapoints_to_alarm=datapoints,
            threshold=threshold,
            comparison_operator=comparison,
            treat_missing_data=missing_data,
            alarm_actions=actions,
            insufficient_data_actions=actions if missing_data == "missing" else None,
            ok_actions=actions,
            tags=self._tags,
            opts=self._child_opts,
        )

    def _create_dashboard(self, args: ObservabilityArgs) -> aws.cloudwatch.Dashboard:
        body = Output.all(
            functions={handler: function.function_name for handler, function in args.functions.items()},
            api_id=args.web_socket_api_id,
            stage=args.stage_name,
            event_api_id=args.event_api_id,
            dead_letters=args.dead_letter_queue_name,
            region=self._region,
            namespace=args.metrics_namespace,
        ).apply(lambda known: json.dumps(dashboard_body(**known)))
        return aws.cloudwatch.Dashboard(
            f"{self._name}-dashboard",
            dashboard_name=Output.concat(stack_name(self._name, limit=200), "-", self._region),
            dashboard_body=body,
            opts=self._child_opts,
        )


def _console_host(partition: str) -> str:
    """Return the console's host, which a Region's name precedes."""
    hosts = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
    return hosts.get(partition, "console.aws.amazon.com")
