"""Alarms on what breaks a backend, a dashboard of it, and a topic that tells of alarms."""

import json
from collections.abc import Mapping
from dataclasses import field

import pulumi_aws as aws
from pulumi import ComponentResource, Input, InvokeOutputOptions, Output, ResourceOptions

from websocket_sessions.arguments import arguments
from websocket_sessions.dashboard import dashboard_body
from websocket_sessions.lambda_handler import LambdaHandler

NEAR_TIMEOUT = 0.8
"""The part of its time-out from which a function's 99th percentile alarms."""
_MINUTE_MS = 60_000


@arguments
class ObservabilityArgs:
    """Arguments of Observability."""

    functions: Mapping[str, LambdaHandler] = field(default_factory=dict[str, LambdaHandler])
    """The functions to watch, by handler."""
    web_socket_api_id: Input[str]
    """The WebSocket API to watch."""
    stage_name: Input[str]
    """Its stage."""
    dead_letter_queue_name: Input[str]
    """The queue that should be empty."""
    metrics_namespace: str
    """Where the functions' own counters are."""
    stream_function: str
    """The handler that reads a stream and may fall behind it."""
    scheduled_function: str
    """The handler that a schedule calls each minute."""
    alarms: bool = True
    """Whether there are alarms; each costs by the month, the dashboard does too from the fourth on."""
    alarm_topic: bool = False
    """Whether a topic of this stack is told of alarms; one subscribes to it by hand."""


class Observability(ComponentResource):
    """Alarms, a dashboard, and the topic."""

    dashboard_url: Output[str]
    """Where the dashboard is."""

    def __init__(self, name: str, args: ObservabilityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("websocket_sessions:index:Observability", name, None, opts)
        self._name = name
        self._child_opts = ResourceOptions(parent=self)

        self._region = aws.get_region_output(opts=InvokeOutputOptions(parent=self)).region
        self.topic = self._create_topic() if args.alarm_topic else None
        self.alarms = self._create_alarms(args) if args.alarms else []
        self.dashboard = self._create_dashboard(args)

        self.dashboard_url = Output.format(
            "https://{0}.console.aws.amazon.com/cloudwatch/home?region={0}#dashboards:name={1}",
            self._region,
            self.dashboard.dashboard_name,
        )
        self.register_outputs({"dashboardUrl": self.dashboard_url})

    def _create_topic(self) -> aws.sns.Topic:
        """Create a topic without a key: CloudWatch may not use SNS's own (its policy cannot be changed), so
        that no alarm would arrive, and what an alarm tells is names and figures only
        (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
        """
        return aws.sns.Topic(f"{self._name}-alarms", opts=self._child_opts)

    def _create_alarms(self, args: ObservabilityArgs) -> list[aws.cloudwatch.MetricAlarm]:
        alarms = [
            alarm
            for handler, function in args.functions.items()
            for alarm in self._function_alarms(handler.replace("_", "-"), function)
        ]
        behind = args.functions.get(args.stream_function)
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
        scheduled = args.functions.get(args.scheduled_function)
        if scheduled:
            alarms.append(self._stopped_alarm("schedule-stopped", scheduled))
        queue = {"QueueName": args.dead_letter_queue_name}
        api = {"ApiId": args.web_socket_api_id, "Stage": args.stage_name}
        return [
            *alarms,
            self._logged_errors_alarm(args),
            self._alarm(
                "dead-letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", queue, statistic="Maximum"
            ),
            self._alarm("integration-errors", "AWS/ApiGateway", "IntegrationError", api),
            self._alarm("execution-errors", "AWS/ApiGateway", "ExecutionError", api),
        ]

    def _function_alarms(self, slug: str, function: LambdaHandler) -> list[aws.cloudwatch.MetricAlarm]:
        dimensions = {"FunctionName": function.function_name}
        near = NEAR_TIMEOUT * function.timeout * 1000
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

    def _logged_errors_alarm(self, args: ObservabilityArgs) -> aws.cloudwatch.MetricAlarm:
        """Alarm on lines of level ERROR: a failure that is answered with INTERNAL is no error to Lambda."""
        metric = f"{self._name}-logged-errors"
        for handler, function in args.functions.items():
            aws.cloudwatch.LogMetricFilter(
                f"{self._name}-{handler.replace('_', '-')}-logged-errors",
                log_group_name=function.log_group_name,
                pattern='{ $.level = "ERROR" }',
                metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                    name=metric, namespace=args.metrics_namespace, value="1"
                ),
                opts=self._child_opts,
            )
        return self._alarm("logged-errors", args.metrics_namespace, metric, {}, datapoints=1)

    def _stopped_alarm(self, slug: str, function: LambdaHandler) -> aws.cloudwatch.MetricAlarm:
        """Alarm if a function was not invoked for five minutes. Missing data counts as breaching."""
        dimensions = {"FunctionName": function.function_name}
        return self._alarm(
            slug,
            "AWS/Lambda",
            "Invocations",
            dimensions,
            threshold=1,
            datapoints=5,
            comparison="LessThanThreshold",
            missing_data="breaching",
        )

    def _alarm(
        self,
        slug: str,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, Input[str]],
        *,
        statistic: str = "Sum",
        extended_statistic: str | None = None,
        threshold: float = 0,
        datapoints: int = 3,
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
            ok_actions=actions,
            opts=self._child_opts,
        )

    def _create_dashboard(self, args: ObservabilityArgs) -> aws.cloudwatch.Dashboard:
        body = Output.all(
            functions={handler: function.function_name for handler, function in args.functions.items()},
            api_id=args.web_socket_api_id,
            stage=args.stage_name,
            dead_letters=args.dead_letter_queue_name,
            region=self._region,
        ).apply(lambda known: json.dumps(dashboard_body(namespace=args.metrics_namespace, **known)))
        return aws.cloudwatch.Dashboard(
            f"{self._name}-dashboard", dashboard_name=self._name, dashboard_body=body, opts=self._child_opts
        )
