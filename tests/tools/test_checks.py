"""The closing line counts what the runners report."""

from pathlib import Path

import pytest

from tools.commands.checks import Check, checks, run_check
from tools.commands.suites import Suite, Total, count_junit, run_suite
from tools.dev_stack.paths import DevLayout

JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10"/></testsuites>"""


def test_errors_count_as_failed_and_skipped_as_neither(tmp_path: Path) -> None:
    report, total = tmp_path / "pytest.xml", Total(passed=5)
    report.write_text(JUNIT)
    total.add(count_junit(report))
    assert total.line() == "total: 9 passed, 3 failed, 3 skipped"


def test_a_failed_check_shows_its_log_and_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout, total = DevLayout.of(environment={"LOCAL_FOLDER": str(tmp_path)}), Total()
    run_check(Check(name="good", command=("true",)), layout, total)
    run_check(Check(name="bad", command=("sh", "-c", "echo this is wrong; exit 3")), layout, total)
    assert (total.passed, total.failed, total.problems) == (1, 1, ["check bad"])
    assert "this is wrong" in capsys.readouterr().out


def test_every_kind_of_check_is_there() -> None:
    assert {"format", "lint", "types", "generated files", "reference", "docs"} <= {
        check.name for check in checks()
    }


@pytest.mark.parametrize(("ends_with", "problems"), [(0, []), (2, ["tests: some"])])
def test_a_suite_shows_its_output_and_fails_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ends_with: int, problems: list[str]
) -> None:
    layout = DevLayout.of(environment={"LOCAL_FOLDER": str(tmp_path)})
    command = ("sh", "-c", f"echo what it said; exit {ends_with}")
    suite = Suite(name="some", command=command, report=tmp_path / "none.xml", count=count_junit)
    assert run_suite(suite, layout).problems == problems
    assert "what it said" in capsys.readouterr().out
