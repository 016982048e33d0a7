"""`make test` and `make check`: every check, then every test, and one line at the end that counts them."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

from emulator.errors import EmulatorError, EngineUnavailable
from tools import browser
from tools.console import CommandError, log_tail, run_command, say
from tools.layout import ROOT, Layout
from tools.throwaway_stack import leave_for_clients, local_stack

WEB = ROOT / "web"


@dataclass(frozen=True, kw_only=True)
class Check:
    """A command that must end with 0; it is counted as one passed or failed."""

    name: str
    command: tuple[str, ...]
    cwd: Path = ROOT


@dataclass(kw_only=True)
class Total:
    """What was counted."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list[str] = field(default_factory=list[str])

    def line(self) -> str:
        """Return the closing line."""
        return f"total: {self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def checks() -> list[Check]:
    """Return the checks, quickest first."""
    python = sys.executable
    found = [
        Check(name="format", command=(python, "-m", "ruff", "format", "--check", ".")),
        Check(name="lint", command=(python, "-m", "ruff", "check", ".")),
        Check(name="generated files", command=(python, "-m", "protocol", "--check")),
        Check(name="types", command=(python, "-m", "basedpyright")),
    ]
    return found + [
        Check(name=f"web: {script}", command=("npm", "run", "--silent", script), cwd=WEB)
        for script in ("lint", "typecheck", "build", "size")
        if script in web_scripts()
    ]


def main() -> int:
    """Run everything, also after a failure; 1 where anything failed."""
    arguments = argparse.ArgumentParser(prog="make test", description=__doc__)
    arguments.add_argument("--no-tests", action="store_true", help="the checks alone")
    only_checks = bool(arguments.parse_args().no_tests)
    layout, total = Layout.default(), Total()
    for check in checks():
        run_check(check, layout, total)
    if not only_checks:
        run_pytest(layout, total)
        if "test" in web_scripts():
            run_vitest(layout, total)
    for problem in total.problems:
        say(f"FAILED {problem}")
    say(total.line())
    return 1 if total.failed or total.problems else 0


def run_check(check: Check, layout: Layout, total: Total) -> None:
    """Run one check; its output is shown where it fails."""
    started = time.monotonic()
    log = layout.logs / f"check-{check.name.replace(': ', '-').replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        result = subprocess.run(
            check.command,
            cwd=check.cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    verdict = "failed" if result.returncode else "ok"
    say(f"{check.name:<20} {verdict} ({time.monotonic() - started:.1f} s)")
    if result.returncode:
        say(log_tail(log))
        total.failed += 1
        total.problems.append(f"check {check.name}")
    else:
        total.passed += 1


def run_pytest(layout: Layout, total: Total) -> None:
    """Run the Python tests, the end-to-end tests among them."""
    report = layout.logs / "pytest.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}"]
    result = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    if report.is_file():
        count_junit(report, total)
    if result.returncode:
        total.problems.append("pytest")


def run_vitest(layout: Layout, total: Total) -> None:
    """Run the web client's tests on a stack of their own; those of the pages need a browser, too."""
    with tempfile.TemporaryDirectory(prefix="websocket-sessions-") as folder:
        try:
            with local_stack(Path(folder)) as stack:
                vitest(layout, total, {"STACK_DIR": str(leave_for_clients(stack))})
        except EngineUnavailable as error:
            say(f"The web client's tests on a stack are skipped: {error}")
            vitest(layout, total, {"STACK_DIR": folder})
        except (CommandError, EmulatorError) as error:
            say(f"No stack for the web client's tests: {error}")
            total.problems.append("vitest's stack")


def vitest(layout: Layout, total: Total, variables: dict[str, str]) -> None:
    """Run and count all of vitest's tests; those on a stack are skipped where STACK_DIR holds none."""
    report = layout.logs / "vitest.json"
    report.unlink(missing_ok=True)
    found = browser.find()
    command = ["npx", "vitest", "run", "--reporter=default", "--reporter=json", f"--outputFile.json={report}"]
    environment = os.environ | variables | ({"CHROMIUM": str(found)} if found else {})
    result = subprocess.run(command, cwd=WEB, env=environment, stdin=subprocess.DEVNULL, check=False)
    if report.is_file():
        counted = json.loads(report.read_text(encoding="utf-8"))
        total.passed += counted["numPassedTests"]
        total.failed += counted["numFailedTests"]
        total.skipped += counted["numPendingTests"]
    if result.returncode:
        total.problems.append("vitest")


def count_junit(report: Path, total: Total) -> None:
    """Add what a JUnit report counts; an error in a fixture counts as failed."""
    for suite in ET.parse(report).iter("testsuite"):  # noqa: S314 - pytest wrote it just now
        numbers = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
        failed = numbers["failures"] + numbers["errors"]
        total.failed += failed
        total.skipped += numbers["skipped"]
        total.passed += numbers["tests"] - failed - numbers["skipped"]


def web_scripts() -> set[str]:
    """Return the names of the web client's npm scripts."""
    package = WEB / "package.json"
    if not package.is_file():
        return set()
    return set(json.loads(package.read_text(encoding="utf-8")).get("scripts", {}))


if __name__ == "__main__":
    sys.exit(run_command("make test", main))
