"""The closing line of `make test`: what the checks and the suites counted."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Total:
    """What was counted. A flaky test counts neither as passed nor as failed."""

    passed: int = 0
    flaky: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list[str] = field(default_factory=list[str])

    def add(self, other: "Total") -> None:
        """Count another's as well."""
        self.passed += other.passed
        self.flaky += other.flaky
        self.failed += other.failed
        self.skipped += other.skipped
        self.problems += other.problems

    def line(self) -> str:
        """Return the closing line."""
        return (
            f"total: {self.passed} passed, {self.flaky} flaky, {self.failed} failed, {self.skipped} skipped"
        )
