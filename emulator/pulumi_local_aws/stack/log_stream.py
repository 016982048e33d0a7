"""Streams the functions' logs from CloudWatch Logs to the terminal, one line an event."""

import json
from collections.abc import Callable, Iterable
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
"""Key by which a metrics document (EMF) is recognised among log lines."""
OVERLAP_MILLISECONDS = 2_000
"""Read again each time: events with one timestamp may arrive one after another."""


class LogStream:
    """Reads new events of every log group; `short` gives the name that a group's lines are shown with."""

    def __init__(self, client: "CloudWatchLogsClient", since: int, short: Callable[[str], str]) -> None:
        """Start at `since` (epoch milliseconds)."""
        self._client = client
        self._start = since
        self._short = short
        self._since: dict[str, int] = {}
        self._seen: dict[str, set[str]] = {}

    def read(self) -> list[str]:
        """Return the lines since the last read, in order of time."""
        pages = self._client.get_paginator("describe_log_groups").paginate()
        groups = [group.get("logGroupName", "") for page in pages for group in page["logGroups"]]
        found = [event for group in groups for event in self._read_group(group)]
        return [line for _, line in sorted(found)]

    def _read_group(self, group: str) -> Iterable[tuple[int, str]]:
        since, seen = self._since.get(group, self._start), self._seen.get(group, set[str]())
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=max(since - OVERLAP_MILLISECONDS, 0)
        )
        newest, ids = since, set[str]()
        for page in pages:
            for event in page["events"]:
                identity, time = event.get("eventId", ""), event.get("timestamp", 0)
                ids.add(identity)
                newest = max(newest, time)
                line = readable(self._short(group), time, event.get("message", ""))
                if identity not in seen and line and time >= self._start:
                    yield time, line
        self._since[group], self._seen[group] = newest, ids


def short_name(project: str, stack: str) -> Callable[[str], str]:
    """Return a function that shortens a log group's name to that of its function in the program."""

    def shorten(group: str) -> str:
        return group.rpartition("/")[2].removeprefix(f"{project}-{stack}-")

    return shorten


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
