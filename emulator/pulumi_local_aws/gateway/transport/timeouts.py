"""Ends a connection after 10 idle minutes and after two hours, in scaled time.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

import asyncio
from collections.abc import Callable

from pulumi_local_aws.gateway.clock import Clock
from pulumi_local_aws.gateway.limits import Limits


class ConnectionTimeouts:
    """One timer for the earlier of the idle timeout and the maximum duration.

    Activity stores a time only; the timer checks it when it fires.
    """

    __slots__ = ("_active_at", "_clock", "_ends_at", "_limits", "_on_timeout", "_timer")

    def __init__(self, clock: Clock, limits: Limits, on_timeout: Callable[[str], None]) -> None:
        """`on_timeout` is called once, with the cause ("idle" or "duration") for the log."""
        self._clock = clock
        self._limits = limits
        self._on_timeout = on_timeout
        self._active_at = clock.scaled_seconds()
        self._ends_at = self._active_at + limits.duration_seconds
        self._timer: asyncio.TimerHandle | None = None

    def record_activity(self) -> None:
        """Restart the idle time: a message was received or sent."""
        self._active_at = self._clock.scaled_seconds()

    def start(self) -> None:
        """Start the timer, or start it again after the clock's factor changed."""
        self.stop()
        next_check = min(self._active_at + self._limits.idle_seconds, self._ends_at)
        delay = self._clock.real_seconds(next_check - self._clock.scaled_seconds())
        self._timer = asyncio.get_running_loop().call_later(delay, self._check)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        now = self._clock.scaled_seconds()
        if now >= self._ends_at:
            self._on_timeout("duration")
        elif now >= self._active_at + self._limits.idle_seconds:
            self._on_timeout("idle")
        else:
            self.start()
