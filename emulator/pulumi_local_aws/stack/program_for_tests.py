"""A deployed program for a test run: the running one, or one of the run's own."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pulumi_local_aws.processes import free_port
from pulumi_local_aws.stack import services
from pulumi_local_aws.stack.bring_up import bring_up, load_outputs
from pulumi_local_aws.stack.deployed_program import DeployedProgram, GatewayControl
from pulumi_local_aws.stack.layout import Layout
from pulumi_local_aws.stack.program_stack import Outputs, ProgramStack
from pulumi_local_aws.stack.project import Project


@contextmanager
def program_for_tests(folder: Path, scratch: Path) -> Generator[DeployedProgram]:
    """Give the running program of `folder`, or one deployed in `scratch`, on free ports, until the end."""
    project = Project.find(folder)
    layout = Layout.of(project.folder)
    if services.running(layout) is not None and layout.outputs.is_file():
        yield _program(_stack(layout, project), load_outputs(layout))
        return
    layout = Layout(
        root=project.folder,
        local=scratch / "local",
        emulator_port=free_port(),
        websocket_port=free_port(),
    )
    try:
        stack = _stack(layout, project)
        yield _program(stack, bring_up(layout, stack))
    finally:
        services.stop_all(layout)
        services.remove_files(layout)


def _stack(layout: Layout, project: Project) -> ProgramStack:
    return ProgramStack(layout, project, services.load_keys(layout))


def _program(stack: ProgramStack, outputs: Outputs) -> DeployedProgram:
    gateway = GatewayControl(url=f"http://127.0.0.1:{stack.layout.websocket_port}")
    return DeployedProgram(outputs=outputs, environment=stack.aws_environment(), gateway=gateway)
