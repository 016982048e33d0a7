"""Streams the functions' logs from CloudWatch Logs to the terminal, one line an event."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient

PLATFORM_LINES = ("START ", "END ", "REPORT ", "INIT_START ")
SHOWN_ELSEWHERE = {
    "level",
    "location",
    "message",
    "timestamp",
    "service",
    "correlation_id",
    "cold_start",
    "function_arn",
    "function_memory_size",
    "function_name",
    "function_request_id",
    "xray_trace_id",
}
"""Fields of a Powertools log line that are in the line already, or are of no use on the local stack."""
METRICS = "_aws"
"""Key that tells a metrics document (EMF) from a log line."""
OVERLAP = 2_000
"""Milliseconds that are read again at each look: events of one moment may arrive one after another."""


class LogStream:
    """Reads what is new in a set of log groups, named by what to call them."""

    def __init__(self, client: "CloudWatchLogsClient", groups: dict[str, str], since: int) -> None:
        """Start at `since` (epoch milliseconds)."""
        self._client = client
        self._groups = groups
        self._since = dict.fromkeys(groups, since)
        self._seen: dict[str, set[str]] = {name: set() for name in groups}

    def read(self) -> list[str]:
        """Return the lines since the last look, in order of time."""
        found = [event for name in self._groups for event in self._read_group(name)]
        return [line for _, line in sorted(found)]

    def _read_group(self, name: str) -> Iterable[tuple[int, str]]:
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=self._groups[name], startTime=self._since[name] - OVERLAP
        )
        newest, ids = self._since[name], set[str]()
        for page in pages:
            for event in page["events"]:
                identity, time = event.get("eventId", ""), event.get("timestamp", 0)
                ids.add(identity)
                newest = max(newest, time)
                line = readable(name, time, event.get("message", ""))
                if identity not in self._seen[name] and line:
                    yield time, line
        self._since[name], self._seen[name] = newest, ids


def readable(function: str, time: int, message: str) -> str:
    """Return one line for one log event; empty where there is nothing to show."""
    text = message.strip()
    if not text or text.startswith(PLATFORM_LINES):
        return ""
    clock = datetime.fromtimestamp(time / 1000, UTC).astimezone().strftime("%H:%M:%S")
    record = _record(text)
    if record is None:
        return f"{clock} {function:<18} {'-':<12} {text}"
    if METRICS in record:
        return ""
    correlation = str(record.get("correlation_id") or "-")
    details = " ".join(f"{key}={value}" for key, value in record.items() if key not in SHOWN_ELSEWHERE)
    said = f"{record.get('level', 'INFO')} {record.get('message', '')} {details}".rstrip()
    return f"{clock} {function:<18} {correlation:<12} {said}"


def _record(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
