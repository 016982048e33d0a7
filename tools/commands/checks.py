"""`make test` and `make check`: every check, then every test, and one line at the end that counts them."""

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from pulumi_local_aws.console import log_tail, run_command, say
from tools.commands.go_sources import go_is_there
from tools.commands.suites import WEB, Total, run_suites, web_scripts
from tools.dev_stack.paths import ROOT, DevLayout


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
    only_checks = bool(arguments.parse_args().no_tests)
    layout, total = DevLayout.of(), Total()
    for check in checks():
        run_check(check, layout, total)
    if not only_checks:
        total.add(run_suites(layout))
    for problem in total.problems:
        say(f"FAILED {problem}")
    say(total.line())
    return 1 if total.failed or total.problems else 0


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
