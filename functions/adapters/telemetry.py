"""Logs and metrics, as JSON on standard output (sessions.ports.Log and Metrics).

Nothing but the named fields is ever written: no event, no exception text. What identifies someone comes here
as a digest only.
"""

import json
import os
import sys
import time
from collections import Counter
from typing import Any

from aws_lambda_powertools.logging import Logger


class JsonLog:
    """Powertools' Logger, one for a function; its keys last for one request."""

    def __init__(self) -> None:
        self._logger = Logger(log_uncaught_exceptions=False, use_rfc3339=True)

    def begin(self, correlation_id: str, **keys: object) -> None:
        """Start a request: each line until the next carries the correlation id and these keys."""
        self._logger.structure_logs(append=False, correlation_id=correlation_id, **keys)

    def info(self, event: str, **fields: object) -> None:
        self._logger.info(event, extra=fields)

    def warning(self, event: str, **fields: object) -> None:
        self._logger.warning(event, extra=fields)

    def error(self, event: str, **fields: object) -> None:
        self._logger.error(event, extra=fields)


class EmfMetrics:
    """Counters in CloudWatch's embedded metric format, with the service and the route as dimensions.

    Written by hand, since Powertools' Metrics adds to every cold start.
    Source: CloudWatch User Guide, "Specification: Embedded metric format".
    """

    def __init__(self, route: str) -> None:
        self._route = route
        self._counts: Counter[str] = Counter()

    def count(self, name: str, value: int = 1) -> None:
        self._counts[name] += value

    def flush(self) -> None:
        """Write what was counted since the last flush; nothing if nothing was."""
        if not self._counts:
            return
        names = [{"Name": name, "Unit": "Count"} for name in self._counts]
        directive: dict[str, Any] = {
            "Namespace": os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "websocket-sessions"),
            "Dimensions": [["service", "route"]],
            "Metrics": names,
        }
        document = {
            "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
            "service": os.environ.get("POWERTOOLS_SERVICE_NAME", "websocket-sessions"),
            "route": self._route,
            **self._counts,
        }
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()
        self._counts.clear()
