"""The schedule, each minute: pings, notices, ends and repairs whatever is due."""

from typing import Any, Protocol

from container import container
from domain.pusher import LONGEST_ROUND
from handlers.observed import observed
from keep_alive.continuation import events_for, work_of

RESERVE_MS = int(1000 * (LONGEST_ROUND + 5))
"""Milliseconds that a page of work, or telling of one session's end, may still take: all pushes at their
slowest, and one slow call beside (adapters/dynamodb/client.py). None begins later."""

keep_alive, continuation = container.keep_alive, container.self_invocation
clock, metrics = container.clock, container.metrics


class Context(Protocol):
    """What of Lambda's context object is used."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """How long the invocation may still take."""
        ...


def handler(event: dict[str, Any], context: Context) -> dict[str, int]:
    """Do what is due; what time does not allow goes on in further invocations.

    Fails as an invocation where the run fails, so that it is counted and tried again by Lambda.
    """
    work, depth = work_of(event, clock())

    def run() -> int:
        left = keep_alive(work, time_is_left=lambda: context.get_remaining_time_in_millis() > RESERVE_MS)
        for following in events_for(left, depth):
            continuation.invoke(following)
        if left:
            metrics.count("KeepAliveUnfinished", len(left))
        return len(left)

    left, error = observed("keepAlive", context.aws_request_id, run, depth=depth)
    if error is not None:
        raise error
    return {"left": left or 0}
