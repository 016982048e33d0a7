"""What `make up` finds running, and what it makes of it."""

from collections.abc import Generator
from pathlib import Path

import pytest

from pulumi_local_aws.processes import free_port
from tools.commands.up import start_emulator
from tools.dev_stack import clients, local_aws
from tools.dev_stack.paths import ROOT, Layout
from tools.dev_stack.stack import LocalStack

pytestmark = pytest.mark.emulator
LEFT = "/left/behind"


@pytest.fixture
def stack(tmp_path: Path) -> Generator[LocalStack]:
    """A stack that is not deployed, on an emulator with something on it that no state tells of."""
    ports = {name: free_port() for name in ("emulator_port", "websocket_port", "web_port")}
    layout = Layout(root=tmp_path, local=tmp_path, shared=ROOT / ".local", **ports)
    stack = LocalStack(layout, local_aws.load_keys(layout))
    local_aws.start_emulator(layout, stack.keys)
    clients.logs(stack.aws_environment()).create_log_group(logGroupName=LEFT)
    yield stack
    local_aws.stop_all(layout)


def log_groups(stack: LocalStack) -> list[str]:
    found = clients.logs(stack.aws_environment()).describe_log_groups()["logGroups"]
    return [group.get("logGroupName", "") for group in found]


def test_an_emulator_that_no_state_tells_of_is_started_afresh(stack: LocalStack) -> None:
    start_emulator(stack.layout, stack)
    assert log_groups(stack) == [], "what is left behind would be in the way of the fixed names"


def test_an_emulator_that_the_state_tells_of_is_kept(stack: LocalStack) -> None:
    stack.layout.state.mkdir()
    local_aws.mark_instance(stack.layout, stack)
    start_emulator(stack.layout, stack)
    assert LEFT in log_groups(stack)
