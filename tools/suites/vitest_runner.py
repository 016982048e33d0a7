"""Runs a suite by vitest, and reads its JSON report."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.suites.suite import Duration, Failure, Records, Result

_SEPARATOR = " > "
_TESTS_FAILED = 1
_UNHANDLED = "Unhandled Errors"
"""vitest's heading over errors outside of tests, which its JSON report does not hold."""


@dataclass(frozen=True, kw_only=True)
class VitestRunner:
    """vitest in a folder. Tests are named by their file and their full name."""

    cwd: Path

    def command(self, records: Records, selected: Sequence[str]) -> tuple[str, ...]:
        """Return the command; a second attempt selects its tests by file and full name."""
        records.report("json").unlink(missing_ok=True)
        files = sorted({test.partition(_SEPARATOR)[0] for test in selected})
        names = sorted({test.partition(_SEPARATOR)[2] for test in selected})
        pattern = "|".join(_escaped(name) for name in names)
        return (
            *("node", "node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json"),
            f"--outputFile.json={records.report('json')}",
            *((f"--testNamePattern=^({pattern})$",) if selected else ()),
            *files,
        )

    def read(self, records: Records, selected: Sequence[str], exit_status: int) -> Result:
        """Return what the attempt reported."""
        report = records.report("json")
        if not report.is_file():
            return Result(only_tests_failed=False)
        counted = json.loads(report.read_text(encoding="utf-8"))
        log = records.log.read_text(encoding="utf-8", errors="replace")
        tests = list(self._tests(counted))
        failed = {name: test for name, test in tests if test["status"] == "failed"}
        failures = tuple(
            Failure(test=name, message="".join(test["failureMessages"][:1]).partition("\n")[0])
            for name, test in failed.items()
        )
        only_tests_failed = (
            _UNHANDLED not in log
            and len(failures) == counted["numFailedTests"]
            and counted["numFailedTestSuites"] == len(_blocks_of_failed_tests(counted))
        )
        return Result(
            passed=counted["numPassedTests"],
            failed=counted["numFailedTests"],
            skipped=counted["numPendingTests"],
            passed_tests=frozenset(
                name for name, test in tests if name in selected and test["status"] == "passed"
            ),
            failures=failures,
            durations=tuple(
                Duration(seconds=test["duration"] / 1000, phase="call", test=name)
                for name, test in tests
                if test.get("duration")
            ),
            only_tests_failed=exit_status == 0
            or (exit_status == _TESTS_FAILED and bool(failures) and only_tests_failed),
        )

    def _tests(self, counted: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        folder = self.cwd.resolve()
        for file in counted["testResults"]:
            path = Path(file["name"])
            shown = path.relative_to(folder) if path.is_relative_to(folder) else path
            for test in file["assertionResults"]:
                yield f"{shown}{_SEPARATOR}{test['fullName']}", test


def _blocks_of_failed_tests(counted: dict[str, Any]) -> set[tuple[str, ...]]:
    """Return the files and `describe` blocks of failed tests.

    vitest counts each of them as a failed suite. It counts more if a file or a hook failed by itself.
    """
    blocks: set[tuple[str, ...]] = set()
    for file in counted["testResults"]:
        for test in file["assertionResults"]:
            if test["status"] == "failed":
                titles = (file["name"], *test["ancestorTitles"])
                blocks |= {titles[:length] for length in range(1, len(titles) + 1)}
    return blocks


def _escaped(name: str) -> str:
    """Return a JavaScript regular expression that matches the name alone."""
    return re.sub(r"[\\^$.*+?()\[\]{}|]", r"\\\g<0>", name)
