"""What was expected with its source, what was seen, and what follows if the two differ."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How what was seen compares with what was expected."""

    HOLDS = "holds"
    DIFFERS = "differs"
    UNSEEN = "not observable here"


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One expectation and what was seen of it."""

    subject: str
    expected: str
    source: str
    consequence: str
    """What to do if the two differ."""
    seen: str
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What should be seen, the page or file that says so, and what follows if it is not."""

    subject: str
    expected: str
    source: str
    consequence: str

    def seen(self, seen: str, *, holds: bool) -> Observation:
        """Return the observation of something that was seen."""
        return self._with(seen, Verdict.HOLDS if holds else Verdict.DIFFERS)

    def unseen(self, reason: str) -> Observation:
        """Return the observation that nothing can be seen here, for this reason."""
        return self._with(reason, Verdict.UNSEEN)

    def _with(self, seen: str, verdict: Verdict) -> Observation:
        return Observation(
            subject=self.subject,
            expected=self.expected,
            source=self.source,
            consequence=self.consequence,
            seen=seen,
            verdict=verdict,
        )
