"""The test suites: two lanes side by side, for most of their time is waiting for clocks and processes."""

import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pulumi_local_aws.console import say
from pulumi_local_aws.errors import EngineUnavailable
from tools.dev_stack import browser
from tools.dev_stack.paths import ROOT, DevLayout
from tools.dev_stack.throwaway_stack import leave_for_clients, throwaway_stack

WEB = ROOT / "web"


@dataclass(kw_only=True)
class Total:
    """What was counted."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list[str] = field(default_factory=list[str])

    def add(self, other: "Total") -> None:
        """Count another's as well."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.problems += other.problems

    def line(self) -> str:
        """Return the closing line."""
        return f"total: {self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A test runner's command, and how its report is counted."""

    name: str
    command: tuple[str, ...]
    report: Path
    count: Callable[[Path], Total]
    cwd: Path = ROOT
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


def run_suites(layout: DevLayout) -> Total:
    """Run every suite, also after a failure. Each one's output is shown when it is through."""
    total = Total()
    with ThreadPoolExecutor() as workers:
        for lane in [workers.submit(_rooms, layout), workers.submit(_on_stacks, layout)]:
            total.add(lane.result())
    return total


def _rooms(layout: DevLayout) -> Total:
    """The Python tests of each room for itself."""
    return run_suite(_pytest(layout, "rooms", "--ignore=tests/e2e"), layout)


def _on_stacks(layout: DevLayout) -> Total:
    """The Python tests on a stack that the engine deploys, then the web client's on another."""
    total = run_suite(_pytest(layout, "end-to-end", "tests/e2e"), layout)
    if "test" in web_scripts():
        total.add(_web(layout))
    return total


def _web(layout: DevLayout) -> Total:
    """The web client's tests; those of the pages need a browser, too."""
    with tempfile.TemporaryDirectory(prefix="websocket-sessions-") as folder:
        try:
            with throwaway_stack(Path(folder)) as stack:
                return run_suite(_vitest(layout, leave_for_clients(stack)), layout)
        except EngineUnavailable as error:
            say(f"The web client's tests on a stack are skipped: {error}")
            return run_suite(_vitest(layout, Path(folder)), layout)


def web_scripts() -> set[str]:
    """Return the names of the web client's npm scripts."""
    package = WEB / "package.json"
    if not package.is_file():
        return set()
    return set(json.loads(package.read_text(encoding="utf-8")).get("scripts", {}))


def count_junit(report: Path) -> Total:
    """Return what a JUnit report counts; an error in a fixture counts as failed."""
    total = Total()
    for suite in ET.parse(report).iter("testsuite"):  # noqa: S314 - pytest wrote it just now
        numbers = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
        failed = numbers["failures"] + numbers["errors"]
        passed = numbers["tests"] - failed - numbers["skipped"]
        total.add(Total(passed=passed, failed=failed, skipped=numbers["skipped"]))
    return total


def count_vitest(report: Path) -> Total:
    """Return what vitest's JSON report counts."""
    counted = json.loads(report.read_text(encoding="utf-8"))
    return Total(
        passed=counted["numPassedTests"], failed=counted["numFailedTests"], skipped=counted["numPendingTests"]
    )


def run_suite(suite: Suite, layout: DevLayout) -> Total:
    """Run one suite, show its output, and count its report; without one it has failed."""
    started, log = time.monotonic(), layout.logs / f"tests-{suite.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    suite.report.unlink(missing_ok=True)
    say(f"Testing: {suite.name} (as it goes: {log}) ...")
    with log.open("wb") as out:
        result = subprocess.run(
            suite.command,
            cwd=suite.cwd,
            env=os.environ | suite.variables,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    total = suite.count(suite.report) if suite.report.is_file() else Total()
    if result.returncode:
        total.problems.append(f"tests: {suite.name}")
    say(log.read_text(encoding="utf-8", errors="replace"))
    say(f"Tested: {suite.name} ({time.monotonic() - started:.0f} s)")
    return total


def _pytest(layout: DevLayout, name: str, *arguments: str) -> Suite:
    report = layout.logs / f"tests-{name}.xml"
    options = ("-q", "--durations=10", f"--junit-xml={report}")
    return Suite(
        name=name,
        command=(sys.executable, "-m", "pytest", *options, *arguments),
        report=report,
        count=count_junit,
    )


def _vitest(layout: DevLayout, stack: Path) -> Suite:
    report = layout.logs / "tests-web.json"
    found = browser.find()
    options = ("--reporter=default", "--reporter=json", f"--outputFile.json={report}")
    return Suite(
        name="web",
        command=("npx", "vitest", "run", *options),
        report=report,
        count=count_vitest,
        cwd=WEB,
        variables={"STACK_DIR": str(stack)} | ({"CHROMIUM": str(found)} if found else {}),
    )
