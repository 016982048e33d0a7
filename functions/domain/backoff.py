"""The wait between attempts."""

from random import SystemRandom

RANDOM = SystemRandom()
"""Keeps no state, so that instances from one snapshot of Lambda wait differently."""


def full_jitter(attempt: int, first_seconds: float, max_seconds: float) -> float:
    """Return a random wait in seconds after the given attempt, counted from 1.

    The bound is `first_seconds` after the first attempt and doubles with each later one, up to `max_seconds`.
    """
    bound = min(first_seconds * 2 ** (attempt - 1), max_seconds)
    return RANDOM.uniform(0, bound)
