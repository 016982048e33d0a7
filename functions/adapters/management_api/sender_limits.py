"""How often, how long and how many at a time the sender tries."""

import random
from dataclasses import dataclass

from domain.pusher import ANSWER_TIMEOUT, CLOSING, CONNECT_TIMEOUT, PUSHING


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """Attempts at one request, the first included, and the waits between them in seconds.

    The first wait is drawn from 0 to `backoff`, each later one from twice as much, up to `backoff_limit`.
    """

    attempts: int
    backoff: float
    backoff_limit: float

    def wait(self, attempt: int) -> float:
        """Full jitter after this many attempts, in seconds."""
        bound = min(self.backoff * 2 ** (attempt - 1), self.backoff_limit)
        return random.uniform(0, bound)  # noqa: S311 -- spreads load, keeps no secret


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderLimits:
    """Bounds on one call; times in seconds. What a call takes at most is in domain/pusher.py."""

    concurrency: int = 64
    retrying: int = 192  # at a time, beside the first attempts; a function has 1,024 file descriptors
    failing: Schedule = Schedule(attempts=3, backoff=0.1, backoff_limit=1.0)
    """Where no answer comes, or a server's error: the waits add up to 0.3 s at most."""
    throttled: Schedule = Schedule(attempts=6, backoff=0.2, backoff_limit=2.0)
    """Where the answer is 429. The account's quota comes back by the second, so the waits add up to 2.5 s on
    average and 5 s at most."""
    connect_timeout: float = CONNECT_TIMEOUT
    attempt_timeout: float = ANSWER_TIMEOUT
    pushing: float = PUSHING
    """No attempt of `deliver` begins later than this after its start."""
    closing: float = CLOSING
    """The same for `disconnect`."""
