"""Fixtures that several rooms' tests share: a local AWS of their own, and the Pulumi engine against it."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from pulumi_local_aws.engine import STATE_AT_THE_END, Engine
from pulumi_local_aws.errors import EngineUnavailable
from pulumi_local_aws.ministack import DEFAULT_PYTHON, MiniStack
from pulumi_local_aws.processes import free_port
from tests.support.reliability import Figures
from tools.suites.whole_run import report_whole_run

settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")
"""A machine that others share may take any time for one example of a property."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Report which tests have no second attempt."""
    report_whole_run(items)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """What a test tried and what went wrong, for the report of the run."""
    figures = Figures()
    yield figures
    request.node.user_properties.extend(figures.counts.items())


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    """A MiniStack for this test run alone, on a free port of 127.0.0.1, with IAM enforced."""
    if not DEFAULT_PYTHON.exists():
        pytest.skip("the local AWS is not installed: run `make setup`")
    folder = tmp_path_factory.mktemp("ministack")
    keys = ("AKIATESTTESTTESTTEST", "a-secret-for-tests")
    with MiniStack.start(folder, free_port(), *keys, folder / "log") as stack:
        yield stack


@pytest.fixture(scope="session")
def engine(emulator: MiniStack, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The Pulumi engine against that MiniStack, with a state of its own."""
    folder = tmp_path_factory.mktemp("engine")
    try:
        engine = Engine.prepare(emulator.environment, state=folder / "state")
    except EngineUnavailable as error:
        pytest.skip(str(error))
    return engine.with_environment(STATE_AT_THE_END)
