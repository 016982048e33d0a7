"""The audience's channel on AppSync Events (domain.ports.AudienceChannel).

Source: AWS AppSync Events Developer Guide, "Publish events via HTTP"; limits: AWS General Reference, "AWS
AppSync endpoints and quotas" (Event APIs).
"""

import json
from collections.abc import Iterator, Sequence

from adapters.aws.client import AwsClient, CallLimits
from adapters.aws.errors import AwsCallError
from domain.errors import UnavailableError

LIMITS = CallLimits(connect_seconds=1, response_seconds=2, attempts=1)
"""A request takes 3 s at most. The fan-out queue repeats one that fails. Events that arrive twice do no harm,
since clients discard by offset."""

MAX_EVENTS, MAX_REQUEST_BYTES = 5, 240_000
"""Of one request. A frame of 32 KB fits, however many of its characters JSON escapes a second time."""


class AppSyncChannel:
    """Publishes at `url` (`https://{domain}/event`), signed with the function's key pair."""

    def __init__(self, url: str) -> None:
        self._client = AwsClient("appsync", LIMITS, url=url)

    def publish(self, channel: str, payloads: Sequence[bytes]) -> None:
        """As in the port, in one call for each MAX_EVENTS."""
        name = json.dumps(channel)
        for events in requests_of([json.dumps(one.decode(), ensure_ascii=False) for one in payloads]):
            body = f'{{"channel":{name},"events":[{",".join(events)}]}}'
            try:
                response = self._client.request("", body.encode())
                failed = json.loads(response.body)["failed"]
            except (AwsCallError, ValueError, KeyError, TypeError) as error:
                raise UnavailableError from error
            if failed:
                raise UnavailableError


def requests_of(events: Sequence[str]) -> Iterator[list[str]]:
    """Yield the events of each request, in order."""
    request: list[str] = []
    size = 0
    for event in events:
        event_bytes = len(event.encode()) + 1
        if request and (len(request) == MAX_EVENTS or size + event_bytes > MAX_REQUEST_BYTES):
            yield request
            request, size = [], 0
        request.append(event)
        size += event_bytes
    if request:
        yield request
