"""When `make up` keeps a running emulator and when it restarts it."""

from collections.abc import Generator
from pathlib import Path

import pytest

from pulumi_local_aws.processes import free_port
from tools.commands.up import start_emulator
from tools.dev_stack import clients, local_aws
from tools.dev_stack.paths import ROOT, Layout
from tools.dev_stack.stack import DevStack

pytestmark = pytest.mark.emulator
LEFT = "/left/behind"


@pytest.fixture
def stack(tmp_path: Path) -> Generator[DevStack]:
    """A stack that is not deployed, on an emulator with a resource that is missing from the state."""
    ports = {name: free_port() for name in ("emulator_port", "websocket_port", "web_port")}
    (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    layout = Layout(root=tmp_path, local=tmp_path, shared=ROOT / ".local", **ports)
    stack = DevStack(layout, local_aws.load_keys(layout))
    local_aws.start_emulator(layout, stack.keys)
    clients.logs(stack.aws_environment()).create_log_group(logGroupName=LEFT)
    yield stack
    local_aws.stop_all(layout)


def log_groups(stack: DevStack) -> list[str]:
    found = clients.logs(stack.aws_environment()).describe_log_groups()["logGroups"]
    return [group.get("logGroupName", "") for group in found]


def test_an_emulator_with_resources_missing_from_the_state_is_restarted(stack: DevStack) -> None:
    start_emulator(stack.layout, stack)
    assert log_groups(stack) == [], "leftover resources would collide with fixed names"


def test_an_emulator_described_by_the_state_is_kept(stack: DevStack) -> None:
    stack.layout.state.mkdir()
    local_aws.mark_instance(stack.layout, stack)
    start_emulator(stack.layout, stack)
    assert LEFT in log_groups(stack)
