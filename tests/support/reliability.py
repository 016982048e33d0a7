"""The figures of `make reliability` and the sizes of its runs. `make test` runs the same tests, shorter."""

import os
from collections import Counter

FAILURES = ("lost", "doubled", "stuck", "leaked")
"""What must not happen to a message, a request, a client or an item in a table."""


def sized(short: int, long: int) -> int:
    """Return the size of a run: `long` in `make reliability`, which sets RELIABILITY."""
    return long if os.environ.get("RELIABILITY") == "long" else short


class Figures:
    """What a test tried and what went wrong, which the report of the test run records."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def tried(self, count: int) -> None:
        """Count what was tried: messages, requests or faults, as the test's row of the table says."""
        self.counts["tried"] += count

    def failures(self, **counts: int) -> None:
        """Count what was lost, doubled, stuck or leaked, zero for what the test found to be right.

        Fails if a count is not zero.
        """
        assert set(counts) <= set(FAILURES)
        for name, count in counts.items():
            self.counts[name] += count
        assert not any(counts.values()), counts
