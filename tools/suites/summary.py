"""What `make test` says at its end: what took the time, what was flaky and what failed."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tools.suites.suite import Duration, Failure
from tools.suites.suite_run import SuiteRun

SLOWEST = 10


def time_lines(runs: Sequence[SuiteRun]) -> list[str]:
    """Return the time of each suite, and the slowest tests and fixtures of all."""
    suites = ", ".join(f"{run.suite.name} {run.seconds:.0f} s" for run in runs)
    return [
        f"Time of the suites, side by side: {suites}",
        "Slowest tests, and fixtures in their first test's setup or last test's teardown:",
        *(
            f"{duration.seconds:8.1f} s  {duration.phase:<8}  {name:<10}  {duration.test}"
            for name, duration in _slowest(runs)
        ),
    ]


def verdict_lines(runs: Sequence[SuiteRun], logs: Path) -> list[str]:
    """Return a paragraph for each flaky test and each failed one."""
    lines: list[str] = []
    for run in runs:
        flaky = run.flaky
        lines += [
            line
            for failure in run.first.failures
            for line in (
                _verdict(failure, run, is_flaky=failure in flaky),
                f"    first failure: {failure.message or 'see the log'}",
                f"    log: {logs / f'tests-{run.suite.name}.log'}",
            )
        ]
    if any(run.flaky for run in runs):
        lines.append("A flaky test is a defect of the test or of what it tests: mend it (CONTRIBUTING.md).")
    return lines


def write_summary(runs: Sequence[SuiteRun], path: Path) -> None:
    """Write the same for programs, as JSON."""
    summary = {
        "suites": [
            {
                "name": run.suite.name,
                "seconds": round(run.seconds, 1),
                "attempts": 1 if run.second is None else 2,
                "flaky": [asdict(failure) for failure in run.flaky],
                "failed": [asdict(failure) for failure in run.first.failures if failure not in run.flaky],
            }
            for run in runs
        ],
        "slowest": [asdict(duration) | {"suite": name} for name, duration in _slowest(runs)],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


def _verdict(failure: Failure, run: SuiteRun, *, is_flaky: bool) -> str:
    if is_flaky:
        return f"FLAKY {failure.test} ({run.suite.name}): failed in 1 of 2 attempts"
    attempts = 1 if run.second is None or failure not in run.repeatable else 2
    return f"FAILED {failure.test} ({run.suite.name}): failed in {attempts} of {attempts} attempts"


def _slowest(runs: Sequence[SuiteRun]) -> list[tuple[str, Duration]]:
    durations = [(run.suite.name, duration) for run in runs for duration in run.first.durations]
    return sorted(durations, key=lambda item: item[1].seconds, reverse=True)[:SLOWEST]
