"""Logs and metrics as JSON on standard output (domain.ports.Logger and Metrics).

Only named fields are written: no event, no exception text. Ids are digests before they get here.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path
from traceback import extract_tb
from typing import IO, Any, cast

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider


class _StandardOutput:
    """Standard output at the time of a write. Tests and Lambda replace `sys.stdout`."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


class JsonLogger:
    """The logger of Powertools. Its keys last for one request."""

    def __init__(self) -> None:
        stream = cast(IO[str], _StandardOutput())
        self._logger = cast(Any, Logger(stream=stream, log_uncaught_exceptions=False, use_rfc3339=True))

    def begin(self, correlation_id: str, **keys: object) -> None:
        """As in the port."""
        self._logger.structure_logs(append=False, correlation_id=correlation_id, **keys)

    def info(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        """As in the port."""
        self._logger.info(event, **fields, **_failure_fields(failure))

    def warning(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        """As in the port."""
        self._logger.warning(event, **fields, **_failure_fields(failure))

    def failed(self, failure: BaseException) -> None:
        """As in the port."""
        self._logger.error("failed", **_failure_fields(failure))


class EmfMetrics:
    """The metrics of Powertools, with the service and the route as dimensions.

    Counts add up within a request and are written at its end, so that a line has one value a metric.
    """

    def __init__(self) -> None:
        self._route = ""
        self._counts: Counter[str] = Counter()

    def begin(self, route: str, /) -> None:
        """As in the port."""
        self._route = route

    def count(self, name: str, value: int = 1) -> None:
        """As in the port."""
        self._counts[name] += value

    def flush(self) -> None:
        """As in the port."""
        if not self._counts:
            return
        namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "websocket-sessions")
        provider = cast(Any, AmazonCloudWatchEMFProvider(namespace=namespace))
        provider.add_dimension("route", self._route)
        for name, value in self._counts.items():
            provider.add_metric(name, MetricUnit.Count, value)
        sys.stdout.write(json.dumps(provider.serialize_metric_set()) + "\n")
        sys.stdout.flush()
        self._counts.clear()


def _failure_fields(failure: BaseException | None) -> dict[str, object]:
    """Return the classes and places of an exception. Its text may have ids, so it is left out."""
    if failure is None:
        return {}
    chain: list[str] = []
    at: BaseException | None = failure
    while at is not None and len(chain) < 5:
        chain.append(_kind(at))
        at = at.__cause__
    frames = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in extract_tb(failure.__traceback__)
    ]
    return {"kinds": chain, "where": frames[-8:]}


def _kind(failure: BaseException) -> str:
    """Return the class, and the code of an AWS error."""
    response = getattr(failure, "response", None)
    code = cast(dict[str, Any], response).get("Error", {}).get("Code") if isinstance(response, dict) else None
    return f"{type(failure).__name__}({code})" if code else type(failure).__name__
