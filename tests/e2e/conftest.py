"""One deployed stack for all end-to-end tests: their own, or the one whose outputs E2E_OUTPUTS names."""

import json
import os
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from pulumi_local_aws.errors import EngineUnavailable
from tests.e2e.deployment import Deployment, User
from tools.dev_stack.throwaway_stack import throwaway_stack
from tools.suites.whole_run import is_of_whole_run

CHANNEL = """\
  websocket-sessions:audienceChannel: appSyncEvents
  websocket-sessions:channelAudience: 0
"""
"""Offers the audience's channel to every listener; only those of some tests take it."""
COALESCING = """\
  websocket-sessions:coalescingInterval: 1
  websocket-sessions:coalescingAudience: 10000
"""
"""Gives the roles what coalescing needs, for an audience that no test has. A test sets the audience to 0."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the checks of the whole run after everything else."""
    items.sort(key=is_of_whole_run)


@pytest.fixture(scope="session")
def started_at() -> int:
    """When the run began, in epoch milliseconds."""
    return int(time.time() * 1000)


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory, started_at: int) -> Generator[Deployment]:
    """The stack under test; what it made for the tests is removed at the end."""
    given = os.environ.get("E2E_OUTPUTS")
    if given:
        live = Deployment.of_outputs(json.loads(Path(given).read_text(encoding="utf-8")))
        yield live
        live.remove_users()
        return
    try:
        with throwaway_stack(tmp_path_factory.mktemp("stack"), config=COALESCING + CHANNEL) as stack:
            yield Deployment(
                outputs=stack.outputs(),
                aws=stack.aws_environment(),
                tree=stack.layout.root,
                pulumi=stack.engine.environment,
                stack=stack,
            )
    except EngineUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def local_deployment(deployment: Deployment) -> Deployment:
    """The stack under test, where this project's gateway serves it; else the test is skipped."""
    if deployment.gateway is None:
        pytest.skip("needs the gateway's controls, and something else serves this stack's WebSockets")
    return deployment


@pytest.fixture
def speaker_user(deployment: Deployment) -> User:
    """A signed-in user, new for each test: how often one user may create sessions is limited."""
    return deployment.create_user()


@pytest.fixture
def new_user(deployment: Deployment) -> Callable[[], User]:
    """Make further users."""
    return deployment.create_user


@pytest.fixture
def whole_run(deployment: Deployment, request: pytest.FixtureRequest) -> Deployment:
    """The stack under test, if it is on a local AWS and every end-to-end test ran on it; else skip."""
    if deployment.tree is None:
        pytest.skip("the record of IAM decisions needs the tests' own local AWS")
    folder = Path(__file__).parent
    collected = {item.path for item in request.session.items}
    if set(folder.glob("test_*.py")) - collected:
        pytest.skip("needs the whole end-to-end run: pytest tests/e2e")
    return deployment
