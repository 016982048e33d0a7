"""The second attempt of the few tests that failed, which distinguishes flaky tests from broken ones."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi_local_aws.console import say
from pulumi_local_aws.errors import CommandError
from tools.dev_stack.paths import DevLayout
from tools.suites.suite_run import SuiteRun, run_again

MAX_FAILED_TESTS = 5
"""More failed tests than this are one fault and not chance."""
LIMIT_SECONDS = 35 * 60.0
"""What `make test` may take in all."""
MIN_REMAINING_SECONDS = 5 * 60.0
"""The slowest test takes about 3 minutes, and its stack one."""
REPORT_SECONDS = 60.0
"""What remains of the limit for the teardown of an interrupted attempt and the report."""
ATTEMPTS = "TEST_ATTEMPTS"
"""The variable that turns the second attempt off, for the search for flaky tests."""


@dataclass(frozen=True, kw_only=True)
class SecondAttempt:
    """Whether failed tests run a second time, and until when."""

    attempts: int
    deadline: float
    """Seconds since the epoch."""

    @classmethod
    def of(cls, environment: Mapping[str, str], started: float) -> "SecondAttempt":
        """Return the settings of a `make test` that began at `started`, in seconds since the epoch.

        Raises CommandError unless TEST_ATTEMPTS is 1, 2 or unset.
        """
        value = environment.get(ATTEMPTS) or "2"
        if value not in {"1", "2"}:
            raise CommandError(f"{ATTEMPTS} is {value!r}: allowed are 1 and 2.")
        return cls(attempts=int(value), deadline=started + LIMIT_SECONDS)

    def refusal(self, runs: Sequence[SuiteRun]) -> str | None:
        """Return why the failed tests do not run a second time; None if they do."""
        if self.attempts == 1:
            return f"{ATTEMPTS} is 1."
        incomplete = [run.suite.name for run in runs if not run.first.only_tests_failed]
        if incomplete:
            return f"more than tests failed in: {', '.join(incomplete)}."
        failed = sum(len(run.first.failures) for run in runs)
        if failed > MAX_FAILED_TESTS:
            return f"{failed} tests failed, and at most {MAX_FAILED_TESTS} are repeated."
        remaining = self.remaining_seconds()
        if remaining < MIN_REMAINING_SECONDS:
            return (
                f"{max(remaining, 0) / 60:.0f} of {LIMIT_SECONDS / 60:.0f} minutes remain, "
                f"and it needs {MIN_REMAINING_SECONDS / 60:.0f}."
            )
        return None

    def remaining_seconds(self) -> float:
        """Return what remains of the limit."""
        return self.deadline - time.time()

    def make(self, runs: Sequence[SuiteRun], layout: DevLayout) -> list[SuiteRun]:
        """Run the failed tests of each suite a second time, one suite after the other.

        Tests that check the whole run are not repeated: their failure stays one.
        """
        if not any(run.first.has_failed for run in runs):
            return list(runs)
        refusal = self.refusal(runs)
        if refusal:
            say(f"No second attempt: {refusal}")
            return list(runs)
        for run in runs:
            for failure in run.first.failures:
                if failure.is_of_whole_run:
                    say(f"No second attempt: {failure.test} checks the whole run.")
        return [self._again(run, layout) if run.repeatable else run for run in runs]

    def _again(self, run: SuiteRun, layout: DevLayout) -> SuiteRun:
        remaining = self.remaining_seconds()
        if remaining < MIN_REMAINING_SECONDS:
            say(f"No second attempt: too little of the limit remains for {run.suite.name}.")
            return run
        say(f"Second attempt: {run.suite.name}, {len(run.repeatable)} failed")
        return run_again(run, layout, remaining - REPORT_SECONDS)
