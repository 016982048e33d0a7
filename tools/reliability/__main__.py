"""Runs the tests of all rows and hazards in their long form, and writes docs/reliability.md."""

import os
import subprocess
import sys
import time

import pytest

from pulumi_local_aws.console import run_command, say
from pulumi_local_aws.errors import CommandError
from tools.dev_stack.paths import ROOT, DevLayout
from tools.reliability.areas import AREAS, HAZARDS
from tools.reliability.report import is_complete, to_markdown
from tools.reliability.results import node_ids, read_report

PAGE = ROOT / "docs" / "reliability.md"


def main() -> int:
    """Run the tests, and write the page even if some fail. Return 1 if a row or a hazard is incomplete.

    Raises CommandError if the run was interrupted.
    """
    started = time.monotonic()
    report = DevLayout.of().logs / "reliability.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}", *node_ids(AREAS, HAZARDS)]
    ran = subprocess.run(command, cwd=ROOT, env=os.environ | {"RELIABILITY": "long"}, check=False)
    if ran.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise CommandError("the tests did not come to their end: see above.")
    cases = read_report(report)
    PAGE.write_text(to_markdown(cases, seconds=time.monotonic() - started), encoding="utf-8")
    say(f"Wrote {PAGE.relative_to(ROOT)}.")
    return 0 if is_complete(cases) else 1


if __name__ == "__main__":
    sys.exit(run_command("make reliability", main))
