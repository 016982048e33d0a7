"""`make reliability`: the rows name tests that exist, and the page shows what a report has."""

import re
from pathlib import Path

import pytest

from tests.support.reliability import FAILURES as RECORDED
from tools.dev_stack.paths import ROOT
from tools.reliability.areas import AREAS, HAZARDS
from tools.reliability.report import is_complete, to_markdown
from tools.reliability.results import FAILURES, node_ids, read_report, result_of

REPORT = """\
<testsuites><testsuite>
<testcase classname="tests.e2e.test_outages" name="test_a_session_outlasts_outages" time="2.5">
  <properties><property name="tried" value="1200"/><property name="lost" value="0"/></properties>
</testcase>
<testcase classname="tests.e2e.test_outages" name="test_another[a]" time="1">
  <properties><property name="tried" value="34"/><property name="lost" value="2"/></properties>
  <failure message="lost"/>
</testcase>
<testcase classname="tests.e2e.test_recovery" name="test_skipped" time="0"><skipped/></testcase>
</testsuite></testsuites>
"""


@pytest.mark.parametrize("test", node_ids(AREAS, HAZARDS))
def test_each_named_test_exists(test: str) -> None:
    path, _, name = test.partition("::")
    source = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {name or 'test_'}", source, re.MULTILINE), test


def test_each_test_runs_once() -> None:
    found = node_ids(AREAS, HAZARDS)
    assert len(set(found)) == len(found)
    files = {test for test in found if "::" not in test}
    assert not [test for test in found if "::" in test and test.partition("::")[0] in files]


def test_tests_record_what_the_table_shows() -> None:
    assert RECORDED == FAILURES


def test_the_page_adds_up_the_figures_and_shows_failures(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT, encoding="utf-8")
    cases = read_report(report)
    outages = result_of(cases, ("tests/e2e/test_outages.py",))
    assert (outages.passed, outages.failed, outages.seconds) == (1, 1, 3.5)
    page = to_markdown(cases, seconds=600)
    assert "| Outages | 1,234 delivered messages | 2 | - | - | - | 1 of 2 |" in page
    assert "| Days | 0 delivered messages | - | - | - | - | not run |" in page
    assert f"0 of {len(HAZARDS)} did not happen." in page
    assert not is_complete(cases)


def test_a_test_is_not_taken_for_one_whose_name_it_begins(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT, encoding="utf-8")
    assert result_of(read_report(report), ("tests/e2e/test_outages.py::test_a",)).passed == 0
    assert result_of(read_report(report), ("tests/e2e/test_outages.py::test_another",)).failed == 1
