"""What the dashboard shows."""

from collections.abc import Mapping
from typing import Any

_WIDTH, _HEIGHT = 12, 6


def dashboard_body(
    *,
    functions: Mapping[str, str],
    api_id: str | None,
    stage: str,
    event_api_id: str | None,
    dead_letters: str | None,
    region: str,
    namespace: str,
) -> dict[str, Any]:
    """Return the dashboard: connections and messages, refusals, functions, what is behind.

    The format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    api = ["ApiId", api_id, "Stage", stage] if api_id else []
    graphs: list[tuple[str, list[list[Any]], str]] = [
        ("Connections and messages", [["AWS/ApiGateway", name, *api] for name in _TRAFFIC if api], "Sum"),
        ("API errors", [["AWS/ApiGateway", name, *api] for name in _ERRORS if api], "Sum"),
        ("Function errors and throttles", _of_functions(functions, ("Errors", "Throttles")), "Sum"),
        ("Function duration", _of_functions(functions, ("Duration",)), "p99"),
        ("Answered and refused", _own_counters(namespace, list(functions.values())), "Sum"),
        ("Requests to the audience's channel", _published(event_api_id), "Sum"),
        ("The audience's channel", _received(event_api_id), "Sum"),
        (
            "Dead letters",
            [["AWS/SQS", _VISIBLE, "QueueName", dead_letters]] if dead_letters else [],
            "Maximum",
        ),
    ]
    return {
        "widgets": [
            {
                "type": "metric",
                "x": _WIDTH * (place % 2),
                "y": _HEIGHT * (place // 2),
                "width": _WIDTH,
                "height": _HEIGHT,
                "properties": {
                    "title": title,
                    "metrics": metrics,
                    "stat": statistic,
                    "period": 60,
                    "region": region,
                    "view": "timeSeries",
                },
            }
            for place, (title, metrics, statistic) in enumerate(item for item in graphs if item[1])
        ]
    }


_VISIBLE = "ApproximateNumberOfMessagesVisible"
_TRAFFIC = ("ConnectCount", "MessageCount")
_ERRORS = ("ClientError", "ExecutionError", "IntegrationError")


def _published(event_api_id: str | None) -> list[list[Any]]:
    """Return the metrics of an Event API's HTTP endpoint, to which events are published.

    https://docs.aws.amazon.com/appsync/latest/eventapi/cw-metrics.html
    """
    names = ("Requests", "4XXError", "5XXError")
    return [["AWS/AppSync", name, "EventAPIId", event_api_id] for name in names if event_api_id]


def _received(event_api_id: str | None) -> list[list[Any]]:
    """Return a search for the metrics of an Event API's channels: connections, subscriptions, deliveries."""
    if event_api_id is None:
        return []
    schema = "{AWS/AppSync,EventAPIId,ChannelNamespaceName}"
    search = f"SEARCH('{schema} EventAPIId=\"{event_api_id}\"', 'Sum', 60)"
    return [[{"expression": search, "id": "channel"}]]


def _of_functions(functions: Mapping[str, str], metrics: tuple[str, ...]) -> list[list[Any]]:
    return [
        ["AWS/Lambda", metric, "FunctionName", name, {"label": f"{handler} {metric.lower()}"}]
        for handler, name in functions.items()
        for metric in metrics
    ]


def _own_counters(namespace: str, functions: list[str]) -> list[list[Any]]:
    """Return searches for the counters of these functions only; an expression has 1024 characters at most.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
    """
    groups = [functions[first : first + _PER_SEARCH] for first in range(0, len(functions), _PER_SEARCH)]
    return [
        [{"expression": _search(namespace, group), "id": f"own{number}"}]
        for number, group in enumerate(groups)
    ]


_PER_SEARCH = 10
"""Functions in one search: a function's name has 64 characters at most."""


def _search(namespace: str, functions: list[str]) -> str:
    services = " OR ".join(f'"{name}"' for name in functions)
    return f"SEARCH('Namespace=\"{namespace}\" service=({services})', 'Sum', 60)"
