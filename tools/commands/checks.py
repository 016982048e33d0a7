"""`make test` and `make check`: every check, then every test, and one line at the end that counts them.

A few tests that failed run a second time. A test that passes then is reported as flaky.
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from pulumi_local_aws.console import log_tail, run_command, say
from tools.commands.go_sources import go_is_there
from tools.dev_stack.paths import ROOT, DevLayout
from tools.suites.all_suites import WEB, run_suites, web_scripts
from tools.suites.second_attempt import SecondAttempt
from tools.suites.summary import time_lines, verdict_lines, write_summary
from tools.suites.total import Total


@dataclass(frozen=True, kw_only=True)
class Check:
    """A command that must end with 0; it is counted as one passed or failed."""

    name: str
    command: tuple[str, ...]
    cwd: Path = ROOT


def checks() -> list[Check]:
    """Return the checks, quickest first; those of Go sources where there is Go."""
    python = sys.executable
    found = [
        Check(name="format", command=(python, "-m", "ruff", "format", "--check", ".")),
        Check(name="lint", command=(python, "-m", "ruff", "check", ".")),
        Check(name="generated files", command=(python, "-m", "protocol", "--check")),
        Check(name="reference", command=(python, "-m", "tools.reference", "--check")),
        Check(name="docs", command=(python, "-m", "tools.commands.docs")),
        Check(name="types", command=(python, "-m", "basedpyright")),
    ]
    if go_is_there():
        found.append(Check(name="go", command=(python, "-m", "tools.commands.go_sources")))
    return found + [
        Check(name=f"web: {script}", command=("npm", "run", "--silent", script), cwd=WEB)
        for script in ("lint", "typecheck", "build", "size", "check:package", "docs")
        if script in web_scripts()
    ]


def main() -> int:
    """Run everything, also after a failure; 1 where anything failed."""
    arguments = argparse.ArgumentParser(prog="make test", description=__doc__)
    arguments.add_argument("--no-tests", action="store_true", help="the checks alone")
    arguments.add_argument(
        "--started",
        type=float,
        default=time.time(),
        help="when `make test` began, in seconds since the epoch",
    )
    options = arguments.parse_args()
    second_attempt = SecondAttempt.of(os.environ, started=options.started)
    layout, total = DevLayout.of(), Total()
    for check in checks():
        run_check(check, layout, total)
    if not options.no_tests:
        run_tests(layout, second_attempt, total)
    for problem in total.problems:
        say(f"FAILED {problem}")
    say(total.line())
    return 1 if total.failed or total.problems else 0


def run_tests(layout: DevLayout, second_attempt: SecondAttempt, total: Total) -> None:
    """Run the suites and the second attempt, say what took the time and what was flaky, and count all."""
    runs = second_attempt.make(run_suites(layout), layout)
    for line in [*time_lines(runs), *verdict_lines(runs, layout.logs)]:
        say(line)
    write_summary(runs, layout.logs / "tests-summary.json")
    for run in runs:
        total.add(run.total())


def run_check(check: Check, layout: DevLayout, total: Total) -> None:
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


if __name__ == "__main__":
    sys.exit(run_command("make test", main))
