"""Runs a suite by pytest, and reads its JUnit report, its list of durations and its cache of failures."""

import json
import re
import shutil
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.dev_stack.paths import ROOT
from tools.suites.suite import Duration, Failure, Records, Result
from tools.suites.total import Total
from tools.suites.whole_run import MARKER

SLOWEST = 10
_TESTS_FAILED = 1
"""pytest's exit status if tests failed and nothing else did; a failed collection is 2."""
_DURATION = re.compile(
    r"^(?P<seconds>\d+\.\d+)s (?P<phase>setup|call|teardown) +(?P<test>\S.*)$", re.MULTILINE
)
_SEVERITY = ("passed", "skipped", "failed")
JUnitName = tuple[str, str]
"""The class name and the name by which a JUnit report knows a test."""


@dataclass(frozen=True, kw_only=True)
class PytestRunner:
    """pytest with its arguments. Tests are named by their node ids."""

    arguments: tuple[str, ...] = ()
    cwd: Path = ROOT

    def command(self, records: Records, selected: Sequence[str]) -> tuple[str, ...]:
        """Return the command; a second attempt selects its tests by pytest's record of failed tests."""
        if selected:
            selection = ("--last-failed", "--last-failed-no-failures=none", f"-m=not {MARKER}")
        else:
            selection = ()
            shutil.rmtree(records.cache, ignore_errors=True)
        records.report("xml").unlink(missing_ok=True)
        return (
            sys.executable,
            *("-m", "pytest", "-q", f"--durations={SLOWEST}"),
            *("-o", f"cache_dir={records.cache}", f"--junit-xml={records.report('xml')}"),
            *selection,
            *self.arguments,
        )

    def read(self, records: Records, selected: Sequence[str], exit_status: int) -> Result:
        """Return what the attempt reported."""
        report = records.report("xml")
        if not report.is_file():
            return Result(only_tests_failed=False)
        total, cases, of_whole_run = count_junit(report), _cases(report), _cases_of_whole_run(report)
        failures = tuple(
            Failure(
                test=test,
                message=cases.get(_junit_name(test), ("", ""))[1],
                is_of_whole_run=_junit_name(test) in of_whole_run,
            )
            for test in _last_failed(records.cache)
            if not selected or test in selected
        )
        return Result(
            passed=total.passed,
            failed=total.failed,
            skipped=total.skipped,
            passed_tests=frozenset(
                test for test in selected if cases.get(_junit_name(test), ("", ""))[0] == "passed"
            ),
            failures=failures,
            durations=tuple(_durations(records.log.read_text(encoding="utf-8", errors="replace"))),
            only_tests_failed=exit_status == 0
            or (exit_status == _TESTS_FAILED and len(failures) == total.failed > 0),
        )


def count_junit(report: Path) -> Total:
    """Return what a JUnit report counts; an error in a fixture counts as failed."""
    total = Total()
    for outcome, _ in _cases(report).values():
        setattr(total, outcome, getattr(total, outcome) + 1)
    return total


def _cases(report: Path) -> dict[JUnitName, tuple[str, str]]:
    """Return each test's outcome and message; the worse one of a test that also failed in its teardown."""
    cases: dict[JUnitName, tuple[str, str]] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it just now
        outcome, message = "passed", ""
        for child in case:
            if child.tag in {"failure", "error"}:
                outcome, message = "failed", (child.get("message") or "").partition("\n")[0]
            elif child.tag == "skipped":
                outcome = "skipped"
        name = (case.get("classname", ""), case.get("name", ""))
        known = cases.get(name, ("passed", ""))
        if name not in cases or _SEVERITY.index(outcome) > _SEVERITY.index(known[0]):
            cases[name] = (outcome, message)
    return cases


def _cases_of_whole_run(report: Path) -> set[JUnitName]:
    """Return the tests that check what the other tests of their run left."""
    cases = ET.parse(report).iter("testcase")  # noqa: S314 - pytest wrote it just now
    return {
        (case.get("classname", ""), case.get("name", ""))
        for case in cases
        if case.find(f"properties/property[@name='{MARKER}']") is not None
    }


def _junit_name(node_id: str) -> JUnitName:
    """Return how a JUnit report names the test of a node id."""
    address, bracket, parameters = node_id.partition("[")
    file, *names = address.split("::")
    module = file.removesuffix(".py").replace("/", ".")
    return ".".join([module, *names[:-1]]), names[-1] + bracket + parameters if names else ""


def _last_failed(cache: Path) -> list[str]:
    """Return the node ids of the tests that failed when they last ran."""
    record = cache / "v" / "cache" / "lastfailed"
    return list(json.loads(record.read_text(encoding="utf-8"))) if record.is_file() else []


def _durations(log: str) -> list[Duration]:
    _, _, section = log.rpartition("slowest ")
    return [
        Duration(seconds=float(found["seconds"]), phase=found["phase"], test=found["test"])
        for found in _DURATION.finditer(section)
    ]
