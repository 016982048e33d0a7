"""Runs the commands of a verification so that only their own end, or an orderly stop, ends them."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pulumi_local_aws.console import say
from pulumi_local_aws.engine import Result
from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.files import private_folder
from pulumi_local_aws.processes import start_time, wait_until
from tools.verify.report import Report
from tools.verify.stopping import Stopped

ORPHAN_SECONDS = 900.0
"""How long to wait for a command that a killed verification left running."""


class CommandRunner:
    """Runs one command at a time. The report names the running one."""

    def __init__(self, report: Report, logs: Path) -> None:
        """`logs` gets the output of each command."""
        self._report = report
        self._logs = logs

    def run(self, name: str, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> Result:
        """Run a command in a session of its own, with its output in files named `name`.

        Ctrl-C in the terminal does not reach it. If this process is asked to stop, the command gets SIGINT,
        and Stopped is raised after its end.
        """
        private_folder(self._logs)
        out, err = (self._logs / f"{name}.{stream}" for stream in ("out", "err"))
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
            try:
                self._record({"pid": process.pid, "started": start_time(process.pid) or 0.0})
                process.wait()
            except Stopped:
                process.send_signal(signal.SIGINT)
                process.wait()
                raise
            finally:
                self._record({})
        return Result(
            returncode=process.returncode,
            stdout=out.read_text(encoding="utf-8", errors="replace"),
            stderr=err.read_text(encoding="utf-8", errors="replace"),
        )

    def wait_for_orphan(self) -> None:
        """Wait for a command that a killed run left running. Raises CommandError if it does not end."""
        pid, started = int(self._report.process.get("pid", 0)), self._report.process.get("started")

        def ended() -> bool:
            return start_time(pid) != started

        if not pid or ended():
            return
        say(f"A command of the killed run still runs (pid {pid}). Waiting until it ends.")
        if not wait_until(ended, ORPHAN_SECONDS):
            raise CommandError(f"a command of the killed run still runs (pid {pid}): wait until it ends.")

    def _record(self, process: dict[str, float]) -> None:
        self._report.process = process
        self._report.write()
