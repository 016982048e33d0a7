"""A suite's run: its first attempt, and the second attempt of the tests that failed, if there was one."""

import time
from dataclasses import dataclass, replace

from pulumi_local_aws.console import say
from pulumi_local_aws.errors import EmulatorError
from tools.dev_stack.paths import DevLayout
from tools.suites.attempt import run_attempt
from tools.suites.suite import Failure, Records, Result, Suite
from tools.suites.total import Total


@dataclass(frozen=True, kw_only=True)
class SuiteRun:
    """What the attempts at a suite reported."""

    suite: Suite
    seconds: float
    first: Result
    second: Result | None = None

    @property
    def repeatable(self) -> tuple[Failure, ...]:
        """Return the failed tests that a second attempt can judge."""
        return tuple(failure for failure in self.first.failures if not failure.is_of_whole_run)

    @property
    def flaky(self) -> tuple[Failure, ...]:
        """Return the tests that passed in the second attempt only, with their first failure."""
        if self.second is None or not self.second.only_tests_failed:
            return ()
        failed_twice = {failure.test for failure in self.second.failures}
        passed = self.second.passed_tests - failed_twice
        return tuple(failure for failure in self.repeatable if failure.test in passed)

    def total(self) -> Total:
        """Return what the suite counts."""
        flaky = len(self.flaky)
        failed = self.first.failed - flaky
        return Total(
            passed=self.first.passed,
            flaky=flaky,
            failed=failed,
            skipped=self.first.skipped,
            problems=[f"tests: {self.suite.name}"] if failed or not self.first.only_tests_failed else [],
        )


def run_suite(suite: Suite, layout: DevLayout) -> SuiteRun:
    """Run all tests of a suite once, and show their output when they have ended."""
    started = time.monotonic()
    first = _attempt(suite, Records(folder=layout.logs, suite=suite.name, attempt=1))
    run = SuiteRun(suite=suite, seconds=time.monotonic() - started, first=first)
    say(f"Tested: {suite.name} ({run.seconds:.0f} s)")
    return run


def run_again(run: SuiteRun, layout: DevLayout, limit_seconds: float) -> SuiteRun:
    """Run the tests that failed a second time, in the same environment, and show their output."""
    records = Records(folder=layout.logs, suite=run.suite.name, attempt=2)
    selected = tuple(failure.test for failure in run.repeatable)
    return replace(run, second=_attempt(run.suite, records, selected, limit_seconds))


def _attempt(
    suite: Suite, records: Records, selected: tuple[str, ...] = (), limit_seconds: float | None = None
) -> Result:
    deadline = None if limit_seconds is None else time.monotonic() + limit_seconds
    try:
        with suite.environment() as variables:
            say(f"Testing: {suite.name} (as it goes: {records.log}) ...")
            result = run_attempt(
                suite.runner,
                records,
                variables,
                selected=selected,
                limit_seconds=None if deadline is None else deadline - time.monotonic(),
            )
            say(records.log.read_text(encoding="utf-8", errors="replace"))
            return result
    except EmulatorError as error:
        say(f"The environment of the tests failed: {suite.name}: {error}")
        return Result(only_tests_failed=False)
