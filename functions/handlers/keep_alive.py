"""The function of the schedule, each minute: pings, notices, ends and repairs for what is due."""

from typing import Any

from container import container
from domain.delivery import MAX_DELIVER_AND_DISCONNECT_SECONDS
from handlers.observed import observed
from handlers.time_limit import Context, time_limit
from keep_alive.run import continuation_events, scans_of

RESERVE_MS = int(1000 * (MAX_DELIVER_AND_DISCONNECT_SECONDS + 5))
"""The longest time of one page, or of one session's end: all pushes at their slowest, and one slow call more
(adapters/dynamodb/client.py). With less time left, the run stops."""

keep_alive, self_invocation = container.keep_alive, container.self_invocation
clock, metrics = container.clock, container.metrics


def handler(event: dict[str, Any], context: Context) -> dict[str, int]:
    """Run, and continue in further invocations if the time runs out.

    The invocation fails if the run fails, so that Lambda counts the error and keeps the event in the queue of
    failed events. The next minute's run finds what is left.
    """
    scans, depth = scans_of(event, clock())

    def run() -> int:
        unfinished = keep_alive(scans, has_time=lambda: context.get_remaining_time_in_millis() > RESERVE_MS)
        for continuation in continuation_events(unfinished, depth):
            self_invocation.invoke(continuation)
        if unfinished:
            metrics.count("KeepAliveUnfinished", len(unfinished))
        return len(unfinished)

    with time_limit(context):
        left, error = observed("keepAlive", context.aws_request_id, run, depth=depth)
    if error is not None:
        raise error
    return {"left": left or 0}
