"""The commands of README, from a folder with the echo's files alone, with what the wheels installed."""

import os
import re
import subprocess
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from pulumi_local_aws.engine_build import find_cli
from pulumi_local_aws.ministack import DEFAULT_PYTHON
from pulumi_local_aws.processes import free_port
from tests.examples.conftest import copy_example
from tests.support.wheels import REPOSITORY

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.engine,
    pytest.mark.skipif(find_cli() is None, reason="there is no Pulumi CLI here"),
    pytest.mark.skipif(not DEFAULT_PYTHON.exists(), reason="MiniStack is not installed"),
]
SECONDS = 240.0
"""More than any of these commands takes on two busy cores."""


class Shell:
    """Runs lines in a project's folder, with a virtual environment activated."""

    def __init__(self, project: Path, venv: Path) -> None:
        left_out = {"PYTHONPATH", "LOCAL_FOLDER"}
        path = os.pathsep.join([str(venv / "bin"), os.environ.get("PATH", os.defpath)])
        self._project = project
        self._environment = {name: value for name, value in os.environ.items() if name not in left_out} | {
            "PATH": path,
            "VIRTUAL_ENV": str(venv),
            "EMULATOR_PORT": str(free_port()),
            "WEBSOCKET_PORT": str(free_port()),
        }

    def run(self, line: str, *, typed: str = "", until: str = "") -> str:
        """Return what a line printed; `typed` is sent to it, and its input ends once it printed `until`."""
        with subprocess.Popen(
            ["/bin/bash", "-c", line],
            cwd=self._project,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            limit = threading.Timer(SECONDS, process.kill)
            limit.start()
            assert process.stdin
            process.stdin.write(typed)
            process.stdin.flush()
            printed = ""
            for printed_line in process.stdout or ():
                printed += printed_line
                if until and until in printed_line:
                    break
            printed += process.communicate()[0]
            limit.cancel()
        assert process.returncode == 0, printed
        return printed


@pytest.fixture
def shell(installed: Path, tmp_path: Path) -> Generator[Shell]:
    made = Shell(copy_example("echo", tmp_path), installed)
    yield made
    made.run("local-aws down")


def documented_commands() -> list[str]:
    """Return the lines of the block in README that deploys the echo."""
    blocks: list[str] = re.findall(
        r"```sh\n(pip install .*?)```", (REPOSITORY / "README.md").read_text(), re.DOTALL
    )
    assert len(blocks) == 1
    return blocks[0].splitlines()


def test_three_commands_deploy_an_echo_and_talk_to_it(shell: Shell) -> None:
    install, deploy, connect = documented_commands()
    assert install == "pip install <this repository> <this repository>/emulator"
    assert "The local stack is up" in shell.run(deploy)
    assert "< hello" in shell.run(connect, typed="hello\n", until="< hello")
