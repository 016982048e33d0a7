"""The wait between attempts."""

import random


def full_jitter(attempt: int, first_seconds: float, max_seconds: float) -> float:
    """Return a random wait in seconds after the given attempt, counted from 1.

    The bound is `first_seconds` after the first attempt and doubles with each later one, up to `max_seconds`.
    """
    bound = min(first_seconds * 2 ** (attempt - 1), max_seconds)
    return random.uniform(0, bound)  # noqa: S311 -- spreads load, keeps no secret
