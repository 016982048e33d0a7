"""The time by which the request in progress must have its reply.

A function's instance handles one request at a time, so that one deadline serves all of its calls. Adapters
start no attempt that may outlast it: the client of AWS's services (adapters/aws/client.py) and the sender of
pushes (adapters/management_api/sender.py).
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from math import inf

from domain.errors import UnavailableError


class Deadline:
    """Counts down while a request is in progress. Without one, time is unlimited."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._ends_at = inf
        self._reserved = 0.0

    @contextmanager
    def within(self, seconds: float) -> Generator[None]:
        """Limit the calls of the block to `seconds`."""
        self._ends_at = self.clock() + seconds
        try:
            yield
        finally:
            self._ends_at = inf

    @contextmanager
    def reserve(self, seconds: float) -> Generator[None]:
        """Keep `seconds` of the time for what follows the block."""
        self._reserved += seconds
        try:
            yield
        finally:
            self._reserved -= seconds

    def remaining(self) -> float:
        """Return the seconds that are left, at least 0."""
        return max(0.0, self._ends_at - self.clock() - self._reserved)

    def require(self, seconds: float) -> None:
        """Raise UnavailableError if less time is left."""
        if self.remaining() < seconds:
            raise UnavailableError("The request took too long; try again.")


request_deadline = Deadline()
"""The deadline of this process."""
