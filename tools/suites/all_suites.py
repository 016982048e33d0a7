"""The test suites: two lanes side by side, for most of their time is waiting for clocks and processes."""

import json
import tempfile
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pulumi_local_aws.console import say
from pulumi_local_aws.errors import EngineUnavailable
from tools.dev_stack import browser
from tools.dev_stack.paths import ROOT, DevLayout
from tools.dev_stack.throwaway_stack import leave_for_clients, throwaway_stack
from tools.suites.pytest_runner import PytestRunner
from tools.suites.suite import Suite
from tools.suites.suite_run import SuiteRun, run_suite
from tools.suites.vitest_runner import VitestRunner

WEB = ROOT / "web"


def lanes() -> list[list[Suite]]:
    """Return the suites: those of one lane run one after the other, beside the other lane."""
    rooms = Suite(name="rooms", runner=PytestRunner(arguments=("--ignore=tests/e2e",)))
    end_to_end = Suite(name="end-to-end", runner=PytestRunner(arguments=("tests/e2e",)))
    web = Suite(name="web", runner=VitestRunner(cwd=WEB), environment=_stack_for_clients)
    return [[rooms], [end_to_end, web] if "test" in web_scripts() else [end_to_end]]


def run_suites(layout: DevLayout) -> list[SuiteRun]:
    """Run every suite once, also after a failure."""

    def run(lane: Sequence[Suite]) -> list[SuiteRun]:
        return [run_suite(suite, layout) for suite in lane]

    with ThreadPoolExecutor() as workers:
        return [result for lane in workers.map(run, lanes()) for result in lane]


def web_scripts() -> set[str]:
    """Return the names of the web client's npm scripts."""
    package = WEB / "package.json"
    if not package.is_file():
        return set()
    return set(json.loads(package.read_text(encoding="utf-8")).get("scripts", {}))


@contextmanager
def _stack_for_clients() -> Generator[Mapping[str, str]]:
    """Deploy a stack with a user for the web client's tests. Tests of the pages need a browser, too."""
    chromium = browser.find()
    variables = {"CHROMIUM": str(chromium)} if chromium else {}
    with tempfile.TemporaryDirectory(prefix="websocket-sessions-") as folder:
        try:
            with throwaway_stack(Path(folder)) as stack:
                yield variables | {"STACK_DIR": str(leave_for_clients(stack))}
        except EngineUnavailable as error:
            say(f"The web client's tests on a stack are skipped: {error}")
            yield variables | {"STACK_DIR": folder}
