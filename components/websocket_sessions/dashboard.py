"""What the dashboard shows."""

from collections.abc import Mapping
from typing import Any

_WIDTH, _HEIGHT = 12, 6


def dashboard_body(
    *,
    functions: Mapping[str, str],
    api_id: str,
    stage: str,
    dead_letters: str,
    region: str,
    namespace: str,
) -> dict[str, Any]:
    """Return the dashboard: connections and messages, refusals, functions, what is behind.

    The format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    api = ["ApiId", api_id, "Stage", stage]
    graphs: list[tuple[str, list[list[Any]], str]] = [
        ("Connections and messages", [["AWS/ApiGateway", name, *api] for name in _TRAFFIC], "Sum"),
        ("API errors", [["AWS/ApiGateway", name, *api] for name in _ERRORS], "Sum"),
        ("Function errors and throttles", _of_functions(functions, ("Errors", "Throttles")), "Sum"),
        ("Function duration", _of_functions(functions, ("Duration",)), "p99"),
        ("Answered and refused", [[{"expression": _own_counters(namespace), "id": "own"}]], "Sum"),
        (
            "Dead letters",
            [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dead_letters]],
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
            for place, (title, metrics, statistic) in enumerate(graphs)
        ]
    }


_TRAFFIC = ("ConnectCount", "MessageCount")
_ERRORS = ("ClientError", "ExecutionError", "IntegrationError")


def _of_functions(functions: Mapping[str, str], metrics: tuple[str, ...]) -> list[list[Any]]:
    return [
        ["AWS/Lambda", metric, "FunctionName", name, {"label": f"{handler} {metric.lower()}"}]
        for handler, name in functions.items()
        for metric in metrics
    ]


def _own_counters(namespace: str) -> str:
    return f"SEARCH('Namespace=\"{namespace}\"', 'Sum', 60)"
