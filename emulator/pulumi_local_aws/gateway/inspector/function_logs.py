"""Follows the log groups of invoked functions in the emulator's CloudWatch Logs.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pulumi_local_aws.gateway.emulator_client import EmulatorClient
from pulumi_local_aws.gateway.json_access import as_list, as_object, compact, number, parse, text

_MAX_SEEN_IDS = 2000
_OVERLAP_MS = 5000
"""An event may be stored later than a newer one, so each read begins this long before the newest time."""


@dataclass(frozen=True, slots=True)
class LogLine:
    function: str
    time: int
    message: str


class FunctionLogs(Protocol):
    """The seam to CloudWatch Logs; tests use fixed lines."""

    async def read_new(self, function: str, since_ms: int) -> list[LogLine]:
        """Return the function's log lines that were not returned before. Raises OSError, ValueError."""
        ...


class EmulatorFunctionLogs:
    """Reads the log group of each function incrementally: the one that it names, else `/aws/lambda/{name}`.

    https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html
    """

    def __init__(self, client: EmulatorClient) -> None:
        self._client = client
        self._groups: dict[str, str] = {}
        self._newest: dict[str, int] = {}
        self._seen: dict[str, None] = {}

    async def read_new(self, function: str, since_ms: int) -> list[LogLine]:
        start = max(since_ms, self._newest.get(function, 0) - _OVERLAP_MS)
        if function not in self._groups:
            self._groups[function] = await self._group(function)
        request = {"logGroupName": self._groups[function], "startTime": start}
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "Logs_20140328.FilterLogEvents",
        }
        response = await self._client.call("logs", "POST", "/", compact(request).encode(), headers)
        if response.status != 200:
            del self._groups[function]  # The group does not exist yet, or another deployment replaced it.
            return []
        events = [as_object(event) for event in as_list(as_object(parse(response.body)).get("events"))]
        return [self._line(function, event) for event in events if self._is_new(function, event)]

    async def _group(self, function: str) -> str:
        response = await self._client.call("lambda", "GET", f"/2015-03-31/functions/{function}/configuration")
        configuration = as_object(parse(response.body) if response.status == 200 else None)
        named = text(as_object(configuration.get("LoggingConfig")).get("LogGroup"))
        return named or f"/aws/lambda/{function}"

    def _is_new(self, function: str, event: Mapping[str, object]) -> bool:
        key = f"{function} {text(event.get('eventId'))} {event.get('timestamp')} {text(event.get('message'))}"
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > _MAX_SEEN_IDS:
            del self._seen[next(iter(self._seen))]
        return True

    def _line(self, function: str, event: Mapping[str, object]) -> LogLine:
        time = int(number(event.get("timestamp")) or 0)
        self._newest[function] = max(time, self._newest.get(function, 0))
        return LogLine(function, time, text(event.get("message")).rstrip())
