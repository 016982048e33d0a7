"""Ends a connection after 10 idle minutes and after two hours, in scaled time.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

import asyncio
from collections.abc import Callable

from pulumi_local_aws.gateway.clock import Clock
from pulumi_local_aws.gateway.limits import Limits


class Lifetime:
    """One timer for the nearer of the two ends. A message only notes the time; the timer looks when due."""

    __slots__ = ("_active", "_clock", "_end", "_limits", "_timer", "_until")

    def __init__(self, clock: Clock, limits: Limits, end: Callable[[str], None]) -> None:
        """`end` is called once, with the cause ("idle" or "duration") for the log."""
        self._clock = clock
        self._limits = limits
        self._end = end
        self._active = clock.scaled()
        self._until = self._active + limits.duration_seconds
        self._timer: asyncio.TimerHandle | None = None

    def touch(self) -> None:
        """A message came or went."""
        self._active = self._clock.scaled()

    def arm(self) -> None:
        """Start, or start again after the clock's factor changed."""
        self.stop()
        remaining = min(self._active + self._limits.idle_seconds, self._until) - self._clock.scaled()
        self._timer = asyncio.get_running_loop().call_later(self._clock.real_delay(remaining), self._look)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        now = self._clock.scaled()
        if now >= self._until:
            self._end("duration")
        elif now >= self._active + self._limits.idle_seconds:
            self._end("idle")
        else:
            self.arm()
