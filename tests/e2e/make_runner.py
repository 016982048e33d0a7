"""Runs the Makefile's commands, as a person does, on a local stack of a test's own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import EndpointConnectionError

from pulumi_local_aws.processes import free_port, wait_until
from pulumi_local_aws.stack.background import Record
from tools.dev_stack import clients
from tools.dev_stack.dev_stack import DevStack
from tools.dev_stack.paths import ROOT, DevLayout

COMMAND_SECONDS = 240.0
"""More than a whole `make up` takes on two busy cores."""


class MakeRunner:
    """A state folder and ports, and the commands on them."""

    def __init__(self, folder: Path, within: Sequence[str] = ()) -> None:
        """`within` is put before each command."""
        self.folder = folder
        self.within = within
        self.run = folder / "run"
        ports = {name: str(free_port()) for name in ("EMULATOR_PORT", "WEBSOCKET_PORT", "WEB_PORT")}
        self.environment = os.environ | ports | {"LOCAL_FOLDER": str(folder)}

    def start(self, command: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            [*self.within, sys.executable, "-m", f"tools.commands.{command}"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, command: str, *, code: int = 0) -> str:
        """Run a command to its end; its output, with no traceback in it."""
        with self.start(command) as process:
            output = process.communicate(timeout=COMMAND_SECONDS)[0]
        assert process.returncode == code, output
        assert "Traceback" not in output, output
        return output

    def pid(self, name: str) -> int:
        """The pid of a background process that runs."""
        record = Record.load(self.run, name)
        assert record is not None, f"{name} does not run"
        return record.pid

    def until_deploying(self, process: subprocess.Popen[str]) -> None:
        """Wait until this update has created resources, and still goes on."""
        locks = self.folder / "state" / ".pulumi" / "locks"
        aws = DevStack(DevLayout.of(environment=self.environment)).aws_environment()

        def deploying() -> bool:
            if process.poll() is not None:
                return True
            try:
                # The engine's lock distinguishes this update from the stack before it.
                return any(locks.rglob("*.json")) and bool(clients.client("iam", aws).list_roles()["Roles"])
            except EndpointConnectionError:
                return False

        assert wait_until(deploying, COMMAND_SECONDS)
        assert process.poll() is None, process.communicate()[0]
