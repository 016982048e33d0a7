"""Runs one attempt at a suite: the runner's process with its log, and a limit of time where there is one."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from pulumi_local_aws.processes import stop_group
from tools.suites.suite import Records, Result, Runner

_TEARDOWN_SECONDS = 30.0
"""What an interrupted runner has for the teardown of its fixtures."""
_RAN_OUT_OF_TIME = -1


def run_attempt(
    runner: Runner,
    records: Records,
    variables: Mapping[str, str],
    *,
    selected: Sequence[str] = (),
    limit_seconds: float | None = None,
) -> Result:
    """Run all tests, or the selected ones, and return what the runner reported.

    An attempt that reaches `limit_seconds` is interrupted and has failed.
    """
    records.folder.mkdir(parents=True, exist_ok=True)
    command = runner.command(records, selected)
    with records.log.open("wb") as log:
        exit_status = _run(command, cwd=runner.cwd, variables=variables, log=log, limit_seconds=limit_seconds)
    return runner.read(records, selected, exit_status)


def _run(
    command: Sequence[str],
    *,
    cwd: os.PathLike[str],
    variables: Mapping[str, str],
    log: BinaryIO,
    limit_seconds: float | None,
) -> int:
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=limit_seconds is not None,
    )
    if limit_seconds is None:
        return process.wait()
    try:
        return process.wait(limit_seconds)
    except subprocess.TimeoutExpired:
        return _RAN_OUT_OF_TIME
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt the runner, so that its fixtures end what they started, and then stop its process group."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_TEARDOWN_SECONDS)
    except subprocess.TimeoutExpired:
        stop_group(process.pid)
        process.wait()
