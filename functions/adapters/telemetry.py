"""Logs and metrics, as JSON on standard output (domain.ports.Log and Metrics).

Nothing but named fields is ever written: no event, no exception text. What identifies someone comes here as a
digest only.
"""

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from traceback import extract_tb
from typing import IO, Any, cast

from aws_lambda_powertools.logging import Logger


class _StandardOutput:
    """Standard output as it is when a line is written, not as it was when the logger was made."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


class JsonLogger:
    """Powertools' Logger; its keys last for one request."""

    def __init__(self) -> None:
        stream = cast(IO[str], _StandardOutput())
        self._logger = cast(Any, Logger(stream=stream, log_uncaught_exceptions=False, use_rfc3339=True))

    def begin(self, correlation_id: str, **keys: object) -> None:
        """Start a request: each line until the next carries the correlation id and these keys."""
        self._logger.structure_logs(append=False, correlation_id=correlation_id, **keys)

    def info(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        """As in the port."""
        self._logger.info(event, **fields, **_failure_fields(failure))

    def warning(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        """As in the port."""
        self._logger.warning(event, **fields, **_failure_fields(failure))

    def failed(self, failure: BaseException) -> None:
        """Write that a request failed unexpectedly."""
        self._logger.error("failed", **_failure_fields(failure))


class EmfMetrics:
    """Counters in CloudWatch's embedded metric format, with the service and the route as dimensions.

    Written by hand: counters that add up within a request are all that is needed.
    Source: CloudWatch User Guide, "Specification: Embedded metric format".
    """

    def __init__(self) -> None:
        self._route = ""
        self._counts: Counter[str] = Counter()

    def begin(self, route: str) -> None:
        """Start a request of this route."""
        self._route = route

    def count(self, name: str, value: int = 1) -> None:
        self._counts[name] += value

    def flush(self) -> None:
        """Write what was counted since the last flush; nothing if nothing was."""
        if not self._counts:
            return
        directive: dict[str, Any] = {
            "Namespace": os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "websocket-sessions"),
            "Dimensions": [["service", "route"]],
            "Metrics": [{"Name": name, "Unit": "Count"} for name in self._counts],
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


def _failure_fields(failure: BaseException | None) -> dict[str, object]:
    """What a log line may say of an exception: its kinds and places. Its text may name anything."""
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
    """The class, and the code of an AWS error."""
    response = getattr(failure, "response", None)
    code = cast(dict[str, Any], response).get("Error", {}).get("Code") if isinstance(response, dict) else None
    return f"{type(failure).__name__}({code})" if code else type(failure).__name__
