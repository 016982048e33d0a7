"""Logs and metrics as JSON on standard output (domain.ports.Logger and Metrics).

Only named fields are written: no event, no exception text. Ids are digests before they get here. A log line
has the fields of Powertools for AWS Lambda. A line of metrics has CloudWatch's embedded metric format
(CloudWatch User Guide, "Specification: Embedded metric format"). Why not Powertools itself: docs/adr/0020.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from adapters.aws.errors import ServiceError

LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}
MAX_CAUSES = 5
"""Classes of a chain of exceptions that a line has."""

MAX_FRAMES = 8
"""Innermost frames of a traceback that a line has."""


class JsonLogger:
    """Writes one line an event, if LOG_LEVEL admits it. The keys of `begin` last for one request."""

    def __init__(self) -> None:
        self._service = os.environ.get("SERVICE_NAME", "")
        self._least = LEVELS[os.environ.get("LOG_LEVEL") or "INFO"]
        self._keys: dict[str, object] = {}

    def begin(self, correlation_id: str, **keys: object) -> None:
        """As in the port."""
        self._keys = {"correlation_id": correlation_id, **keys}

    def info(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        """As in the port."""
        self._write("INFO", event, failure, fields)

    def warning(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        """As in the port."""
        self._write("WARNING", event, failure, fields)

    def failed(self, failure: BaseException) -> None:
        """As in the port."""
        self._write("ERROR", "failed", failure, {})

    def _write(
        self, level: str, event: str, failure: BaseException | None, fields: dict[str, object]
    ) -> None:
        if LEVELS[level] < self._least:
            return
        caller = sys._getframe(2)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- documented, and cheap
        values: dict[str, object] = {
            "level": level,
            "location": f"{caller.f_code.co_name}:{caller.f_lineno}",
            "message": event,
            "timestamp": _rfc3339(time.time()),
            "service": self._service,
            **self._keys,
            **fields,
            **_failure_fields(failure),
            **_trace_field(),
        }
        line = {name: value for name, value in values.items() if value is not None}
        text = json.dumps(line, separators=(",", ":"), ensure_ascii=False, default=str)
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


class EmfMetrics:
    """Counts, with the service and the route as dimensions.

    Counts add up within a request and are written at its end, so that a line has one value a metric.
    """

    def __init__(self) -> None:
        self._namespace = os.environ.get("METRICS_NAMESPACE", "websocket-sessions")
        self._service = os.environ.get("SERVICE_NAME", "")
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
        directive = {
            "Namespace": self._namespace,
            "Dimensions": [["route", "service"]],
            "Metrics": [{"Name": name, "Unit": "Count"} for name in self._counts],
        }
        line: dict[str, Any] = {
            "_aws": {"Timestamp": int(1000 * time.time()), "CloudWatchMetrics": [directive]},
            "route": self._route,
            "service": self._service,
            **{name: [float(value)] for name, value in self._counts.items()},
        }
        sys.stdout.write(f"{json.dumps(line)}\n")
        sys.stdout.flush()
        self._counts.clear()


def _rfc3339(seconds: float) -> str:
    milliseconds = int(1000 * seconds)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return f"{moment}.{milliseconds % 1000:03}+00:00"


def _trace_field() -> dict[str, object]:
    """Return the id of the X-Ray trace, where Lambda traces the request."""
    header = os.environ.get("_X_AMZN_TRACE_ID", "")
    root = header.partition(";")[0].removeprefix("Root=")
    return {"xray_trace_id": root} if root else {}


def _failure_fields(failure: BaseException | None) -> dict[str, object]:
    """Return the classes and places of an exception. Its text may have ids, so it is left out."""
    if failure is None:
        return {}
    chain: list[str] = []
    at: BaseException | None = failure
    while at is not None and len(chain) < MAX_CAUSES:
        chain.append(_kind(at))
        at = at.__cause__
    return {"kinds": chain, "where": list(_frames(failure.__traceback__))[-MAX_FRAMES:]}


def _frames(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        code = traceback.tb_frame.f_code
        yield f"{os.path.basename(code.co_filename)}:{traceback.tb_lineno} {code.co_name}"  # noqa: PTH119
        traceback = traceback.tb_next


def _kind(failure: BaseException) -> str:
    """Return the class, and the code of an AWS error."""
    name = type(failure).__name__
    return f"{name}({failure.code})" if isinstance(failure, ServiceError) else name
