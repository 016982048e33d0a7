"""The context object that Lambda gives to a handler."""

import time
from collections.abc import Callable


class LambdaContext:
    """Counts down from `seconds`, the function's time-out."""

    aws_request_id = "request"

    def __init__(self, seconds: float = 29.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends_at = clock() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int(1000 * (self._ends_at - self._clock())))
