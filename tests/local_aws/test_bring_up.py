"""When `make up` keeps a running emulator and when it restarts it."""

from collections.abc import Generator
from pathlib import Path

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.processes import free_port
from pulumi_local_aws.stack import services
from pulumi_local_aws.stack.bring_up import start_emulator
from pulumi_local_aws.stack.layout import Layout
from pulumi_local_aws.stack.program_stack import ProgramStack
from pulumi_local_aws.stack.project import Project

pytestmark = pytest.mark.emulator
LEFT = "/left/behind"


@pytest.fixture
def stack(tmp_path: Path) -> Generator[ProgramStack]:
    """A stack that is not deployed, on an emulator with a resource that is missing from the state."""
    ports = {name: free_port() for name in ("emulator_port", "websocket_port")}
    (tmp_path / "Pulumi.yaml").write_text("name: project\nruntime: python\n")
    layout = Layout(root=tmp_path, local=tmp_path, **ports)
    stack = ProgramStack(layout, Project.read(tmp_path / "Pulumi.yaml"), services.load_keys(layout))
    services.start_emulator(layout, stack.keys)
    client("logs", stack.aws_environment()).create_log_group(logGroupName=LEFT)
    yield stack
    services.stop_all(layout)


def log_groups(stack: ProgramStack) -> list[str]:
    found = client("logs", stack.aws_environment()).describe_log_groups()["logGroups"]
    return [group.get("logGroupName", "") for group in found]


def test_an_emulator_with_resources_missing_from_the_state_is_restarted(stack: ProgramStack) -> None:
    start_emulator(stack.layout, stack)
    assert log_groups(stack) == [], "leftover resources would collide with fixed names"


def test_an_emulator_described_by_the_state_is_kept(stack: ProgramStack) -> None:
    stack.layout.state.mkdir()
    services.mark_instance(stack.layout, stack)
    start_emulator(stack.layout, stack)
    assert LEFT in log_groups(stack)
