"""Runs the commands of a page as a person does: in a folder, with a virtual environment activated."""

import os
import signal
import subprocess
import threading
from pathlib import Path

from pulumi_local_aws.processes import free_port

SECONDS = 240.0
"""More than any of these commands takes on two busy cores."""


class Shell:
    """Runs lines in a project's folder, with a virtual environment activated and ports of its own."""

    def __init__(self, project: Path, venv: Path) -> None:
        left_out = {"PYTHONPATH", "LOCAL_FOLDER"}
        path = os.pathsep.join([str(venv / "bin"), os.environ.get("PATH", os.defpath)])
        self.project = project
        self._environment = {name: value for name, value in os.environ.items() if name not in left_out} | {
            "PATH": path,
            "VIRTUAL_ENV": str(venv),
            "EMULATOR_PORT": str(free_port()),
            "WEBSOCKET_PORT": str(free_port()),
        }

    def run(self, line: str, *, typed: str = "", until: str = "", interrupt: bool = False) -> str:
        """Return what a line printed; `typed` is sent to it, and its input ends once it printed `until`.

        With `interrupt`, Ctrl-C ends the command then.
        """
        with subprocess.Popen(
            ["/bin/bash", "-c", line],
            cwd=self.project,
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
            if interrupt:
                process.send_signal(signal.SIGINT)
            printed += process.communicate()[0]
            limit.cancel()
        assert until in printed, printed
        assert process.returncode == (INTERRUPTED if interrupt else 0), printed
        return printed


INTERRUPTED = 130
"""The exit status of a command that Ctrl-C ended."""
