"""The time that a handler has for its reply."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

from container import container

deadline = container.deadline

API_GATEWAY_SECONDS = 29.0
"""The longest that API Gateway waits for an integration (API Gateway Developer Guide, "Quotas for configuring
and running a WebSocket API")."""

MAX_COLD_START_SECONDS = 10.0
"""The longest initialization of a function (Lambda Developer Guide, "Lambda execution environment
lifecycle"). A request that seems to have waited longer has the time of another clock."""

RESERVE_SECONDS = 1.5
"""For a pause between two attempts of a call, which takes 1 s at most, and for the log lines."""


class Context(Protocol):
    """The part of Lambda's context object that handlers use."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the time until the invocation times out."""
        ...


@contextmanager
def time_limit(context: Context, *, received_at_ms: int | None = None) -> Generator[None]:
    """Give the calls of the block the time that is left to the function.

    A request that API Gateway received at `received_at_ms` has no more than API Gateway waits for it, the
    function's cold start included.
    """
    seconds = context.get_remaining_time_in_millis() / 1000
    if received_at_ms is not None:
        waited = time.time() - received_at_ms / 1000
        if 0 < waited <= MAX_COLD_START_SECONDS:
            seconds = min(seconds, API_GATEWAY_SECONDS - waited)
    with deadline.within(seconds - RESERVE_SECONDS):
        yield
