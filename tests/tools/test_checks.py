"""The closing line counts what the runners report."""

from pathlib import Path

import pytest

from tools.commands.checks import Check, checks, run_check
from tools.dev_stack.paths import DevLayout
from tools.suites.total import Total


def test_the_closing_line_has_flaky_tests_beside_passed_and_failed_ones() -> None:
    total = Total(passed=5, skipped=3)
    total.add(Total(passed=4, flaky=1, failed=2))
    assert total.line() == "total: 9 passed, 1 flaky, 2 failed, 3 skipped"


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
