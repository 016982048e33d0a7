"""A few failed tests run a second time. A test that passes then is flaky, and everything else has failed."""

import json
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_local_aws.errors import CommandError
from tools.dev_stack.paths import ROOT, DevLayout
from tools.suites.pytest_runner import PytestRunner, count_junit
from tools.suites.second_attempt import MIN_REMAINING_SECONDS, SecondAttempt
from tools.suites.suite import Failure, Result, Suite
from tools.suites.suite_run import SuiteRun, run_again, run_suite
from tools.suites.summary import time_lines, verdict_lines, write_summary
from tools.suites.total import Total
from tools.suites.vitest_runner import VitestRunner

FLAKY_PYTEST = """
import pathlib, pytest

@pytest.mark.parametrize("case", ["a [b] :: c", "d"])
def test_flaky(case):
    runs = pathlib.Path(f"runs-{case[0]}")
    runs.write_text(runs.read_text() + "." if runs.exists() else ".")
    if case != "d":
        assert runs.read_text() == "..", "the first attempt"

def test_good():
    pathlib.Path("good").open("a").write(".")

class TestFixture:
    @pytest.fixture
    def resource(self):
        yield
        assert pathlib.Path("teardown").exists(), pathlib.Path("teardown").touch()

    def test_teardown(self, resource):
        pass
"""
BROKEN_PYTEST = "\n".join(f"def test_{number}(): assert False, 'number {number}'" for number in range(2))
LEAK_PYTEST = """
@pytest.mark.whole_run
def test_leak():
    checks = pathlib.Path("checks")
    checks.open("a").write(".")
    assert checks.read_text() == "..", "found in the first run only"
"""
WHOLE_RUN_CONFTEST = """
from tools.suites.whole_run import report_whole_run

def pytest_collection_modifyitems(items):
    report_whole_run(items)
"""
SIX_BROKEN_PYTEST = """
import pathlib, pytest

@pytest.mark.parametrize("number", range(6))
def test_six(number):
    pathlib.Path("runs").open("a").write(".")
    assert number < 0
"""
CRASHES_PYTEST = {
    "a file that cannot be collected": "import nothing_of_this_name",
    "a process that ends": "import os\ndef test_exit(): os._exit(1)",
    "an interruption": "def test_interrupted(): raise KeyboardInterrupt",
    "a failed hook": "import pytest\ndef test_exit(): pytest.exit('enough', returncode=1)",
}
SECOND_ATTEMPTS_PYTEST = {
    "skips": "pytest.skip('not now')",
    "ends the process": "os._exit(0)",
    "hangs": "signal.pause()",
}
FLAKY_VITEST = """
import { existsSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
describe("a (group) | of $1", () => {
  test("passes 'in' the \\"second\\" run? [*]", () => {
    const first = !existsSync("ran");
    writeFileSync("ran", "");
    expect(first).toBe(false);
  });
  test("fails twice", () => expect(1).toBe(2));
  test("is good", () => undefined);
});
"""
CRASHES_VITEST = {
    "an import": 'import "./nothing"; import { test } from "vitest"; test("good", () => undefined);',
    "a hook": """
import { beforeAll, describe, expect, test } from "vitest";
describe("block", () => {
  beforeAll(() => { throw new Error("no hook"); });
  test("good", () => undefined);
});
test("fails", () => expect(1).toBe(2));
""",
    "an error outside of tests": """
import { expect, test } from "vitest";
test("fails", () => { setTimeout(() => { throw new Error("late"); }); expect(1).toBe(2); });
test("waits", () => new Promise((resolve) => setTimeout(resolve, 50)));
""",
}
JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest">
<testcase classname="a" name="good"/>
<testcase classname="a" name="bad"><failure message="no"/></testcase>
<testcase classname="a" name="bad"><error message="nor its teardown"/></testcase>
<testcase classname="a" name="setup"><error message="no"/></testcase>
<testcase classname="a" name="skipped"><skipped message="no"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture(autouse=True)
def _without_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pytest start in half a second: the plugins of this project take two."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def layout(tmp_path: Path) -> DevLayout:
    return DevLayout.of(environment={"LOCAL_FOLDER": str(tmp_path / "local")})


def pytest_suite(folder: Path, tests: str, name: str = "some") -> Suite:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_some.py").write_text(tests)
    return Suite(name=name, runner=PytestRunner(cwd=folder))


def vitest_suite(folder: Path, tests: str) -> Suite:
    modules = ROOT / "web" / "node_modules"
    if not modules.is_dir():
        pytest.skip("the packages of the web client are not installed: run `make setup`")
    folder.mkdir()
    (folder / "node_modules").symlink_to(modules)
    (folder / "some.test.ts").write_text(tests)
    return Suite(name="web", runner=VitestRunner(cwd=folder))


def second_attempt(remaining_seconds: float = MIN_REMAINING_SECONDS + 60) -> SecondAttempt:
    return SecondAttempt(attempts=2, deadline=time.time() + remaining_seconds)


def failed_run(count: int) -> SuiteRun:
    """Return the run of a suite in which tests failed, and nothing else did."""
    failures = tuple(Failure(test=f"test_some.py::test_{number}", message="") for number in range(count))
    suite = Suite(name="failed", runner=PytestRunner())
    return SuiteRun(suite=suite, seconds=1, first=Result(failed=count, failures=failures))


def names(run: SuiteRun) -> list[str]:
    return [failure.test for failure in run.flaky]


def test_a_failed_test_that_passes_in_the_second_attempt_is_flaky(
    tmp_path: Path, layout: DevLayout, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_suite(pytest_suite(tmp_path / "project", FLAKY_PYTEST + BROKEN_PYTEST), layout)
    runs = second_attempt().make([run], layout)
    assert names(runs[0]) == [
        "test_some.py::test_flaky[a [b] :: c]",
        "test_some.py::TestFixture::test_teardown",
    ]
    assert runs[0].total() == Total(passed=2, flaky=2, failed=2, problems=["tests: some"])
    assert (tmp_path / "project" / "good").read_text() == ".", "a test that passed ran again"
    assert "the first attempt" in capsys.readouterr().out
    assert "the first attempt" in (layout.logs / "tests-some.log").read_text()
    assert "the first attempt" in (layout.logs / "tests-some.xml").read_text()
    verdicts = verdict_lines(runs, layout.logs)
    assert "FLAKY test_some.py::test_flaky[a [b] :: c] (some): failed in 1 of 2 attempts" in verdicts
    assert any("AssertionError: the first attempt" in line for line in verdicts)
    assert "FAILED test_some.py::test_1 (some): failed in 2 of 2 attempts" in verdicts
    write_summary(runs, layout.logs / "summary.json")
    [summary] = json.loads((layout.logs / "summary.json").read_text())["suites"]
    assert [test["test"] for test in summary["flaky"]] == names(runs[0])
    assert [test["test"] for test in summary["failed"]] == [f"test_some.py::test_{n}" for n in range(2)]


def test_a_test_of_the_whole_run_has_no_second_attempt(
    tmp_path: Path, layout: DevLayout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    suite = pytest_suite(tmp_path / "project", FLAKY_PYTEST + LEAK_PYTEST)
    (tmp_path / "project" / "conftest.py").write_text(WHOLE_RUN_CONFTEST)
    [run] = second_attempt().make([run_suite(suite, layout)], layout)
    assert names(run) == [
        "test_some.py::test_flaky[a [b] :: c]",
        "test_some.py::TestFixture::test_teardown",
    ]
    assert run.total() == Total(passed=2, flaky=2, failed=1, problems=["tests: some"])
    assert (tmp_path / "project" / "checks").read_text() == ".", "the check of the whole run was repeated"
    printed = capsys.readouterr().out
    assert "No second attempt: test_some.py::test_leak checks the whole run." in printed
    assert "FAILED test_some.py::test_leak (some): failed in 1 of 1 attempts" in verdict_lines(
        [run], layout.logs
    )


def test_the_checks_of_logs_and_permissions_have_no_second_attempt(
    tmp_path: Path, layout: DevLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    monkeypatch.setenv("E2E_OUTPUTS", str(tmp_path / "no-outputs"))
    checks = ("tests/e2e/test_logs.py", "tests/e2e/test_permissions.py")
    run = run_suite(Suite(name="checks", runner=PytestRunner(arguments=checks)), layout)
    assert run.first.failures
    assert run.repeatable == ()


def test_six_failed_tests_run_once(
    tmp_path: Path, layout: DevLayout, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_suite(pytest_suite(tmp_path / "project", SIX_BROKEN_PYTEST), layout)
    [run] = second_attempt().make([run], layout)
    assert run.total() == Total(failed=6, problems=["tests: some"])
    assert (tmp_path / "project" / "runs").read_text() == "......"
    assert "6 tests failed, and at most 5 are repeated" in capsys.readouterr().out


def test_the_failed_tests_of_all_suites_count() -> None:
    reason = second_attempt().refusal([failed_run(3), failed_run(3)])
    assert reason == "6 tests failed, and at most 5 are repeated."


@pytest.mark.parametrize("crash", CRASHES_PYTEST)
def test_a_suite_that_did_not_end_well_is_not_repeated(
    tmp_path: Path, layout: DevLayout, crash: str, capsys: pytest.CaptureFixture[str]
) -> None:
    crashed = run_suite(pytest_suite(tmp_path / "one", CRASHES_PYTEST[crash], "one"), layout)
    runs = second_attempt().make([crashed, failed_run(1)], layout)
    assert [run.second for run in runs] == [None, None]
    assert runs[0].total().problems == ["tests: one"]
    assert "No second attempt: more than tests failed in: one." in capsys.readouterr().out


@pytest.mark.parametrize("behaviour", SECOND_ATTEMPTS_PYTEST)
def test_only_a_pass_makes_a_failed_test_flaky(tmp_path: Path, layout: DevLayout, behaviour: str) -> None:
    tests = f"""
import os, pathlib, pytest, signal

def test_fails():
    if pathlib.Path("ran").exists():
        {SECOND_ATTEMPTS_PYTEST[behaviour]}
    pathlib.Path("ran").touch()
    raise ValueError
"""
    run = run_suite(pytest_suite(tmp_path / "project", tests), layout)
    run = run_again(run, layout, limit_seconds=5)
    assert run.total() == Total(failed=1, problems=["tests: some"])


def test_each_attempt_has_the_environment_of_its_suite(tmp_path: Path, layout: DevLayout) -> None:
    states: list[str] = []

    @contextmanager
    def stack() -> Generator[Mapping[str, str]]:
        states.append("up")
        yield {"STACK": str(len(states))}
        states.append("down")

    tests = "import os\ndef test_stack(): assert os.environ['STACK'] == '3'"
    suite = replace(pytest_suite(tmp_path / "project", tests), environment=stack)
    [run] = second_attempt().make([run_suite(suite, layout)], layout)
    assert run.total() == Total(flaky=1)
    assert states == ["up", "down", "up", "down"]


def test_an_environment_that_fails_is_a_problem_of_its_suite(tmp_path: Path, layout: DevLayout) -> None:
    @contextmanager
    def stack() -> Generator[Mapping[str, str]]:
        raise CommandError("no port is free")
        yield {}

    suite = replace(pytest_suite(tmp_path / "project", BROKEN_PYTEST), environment=stack)
    [run] = second_attempt().make([run_suite(suite, layout)], layout)
    assert run.total() == Total(problems=["tests: some"])


def test_without_time_there_is_no_second_attempt() -> None:
    reason = second_attempt(MIN_REMAINING_SECONDS - 60).refusal([failed_run(1)])
    assert reason == "4 of 35 minutes remain, and it needs 5."


def test_the_environment_turns_the_second_attempt_off() -> None:
    attempts = SecondAttempt.of({"TEST_ATTEMPTS": "1"}, started=time.time())
    assert attempts.refusal([failed_run(1)]) == "TEST_ATTEMPTS is 1."
    with pytest.raises(CommandError, match="TEST_ATTEMPTS is '3': allowed are 1 and 2"):
        SecondAttempt.of({"TEST_ATTEMPTS": "3"}, started=time.time())


def test_a_failed_test_of_vitest_runs_a_second_time(
    tmp_path: Path, layout: DevLayout, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_suite(vitest_suite(tmp_path / "project", FLAKY_VITEST), layout)
    [run] = second_attempt().make([run], layout)
    assert names(run) == ["some.test.ts > a (group) | of $1 passes 'in' the \"second\" run? [*]"]
    assert run.total() == Total(passed=1, flaky=1, failed=1, problems=["tests: web"])
    assert run.first.failures[0].message == "AssertionError: expected true to be false // Object.is equality"
    assert "expected true to be false" in capsys.readouterr().out
    assert "expected true to be false" in (layout.logs / "tests-web.json").read_text()


@pytest.mark.parametrize("crash", CRASHES_VITEST)
def test_what_vitest_finds_outside_of_tests_is_not_repeated(
    tmp_path: Path, layout: DevLayout, crash: str
) -> None:
    run = run_suite(vitest_suite(tmp_path / "project", CRASHES_VITEST[crash]), layout)
    assert second_attempt().refusal([run]) == "more than tests failed in: web."
    assert run.total().problems == ["tests: web"]


def test_the_time_of_suites_and_of_the_slowest_phases_is_said(tmp_path: Path, layout: DevLayout) -> None:
    slow = """
import pytest, threading

@pytest.fixture(scope="session")
def server():
    threading.Event().wait(0.05)

def test_of_the_server(server):
    threading.Event().wait(0.02)
"""
    run = run_suite(pytest_suite(tmp_path / "project", slow), layout)
    lines = time_lines([run])
    assert lines[0] == f"Time of the suites, side by side: some {run.seconds:.0f} s"
    phases = {(line.split()[2], line.split()[3], line.split()[4]) for line in lines[2:]}
    test = ("some", "test_some.py::test_of_the_server")
    assert phases >= {("setup", *test), ("call", *test)}


def test_a_test_that_fails_in_its_teardown_as_well_counts_once(tmp_path: Path) -> None:
    report = tmp_path / "pytest.xml"
    report.write_text(JUNIT)
    assert count_junit(report) == Total(passed=1, failed=2, skipped=1)
