"""Background processes are known by pid and start time, and only what was started is ended."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.processes import free_port, start_time
from pulumi_local_aws.stack.background import Record, record_process, require_free_port, start

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def started(tmp_path: Path, command: list[str] = SLEEPER, *, ready: bool = True) -> Record:
    return start(
        "sleeper",
        command,
        run=tmp_path / "run",
        log=tmp_path / "logs" / "sleeper.log",
        cwd=tmp_path,
        env=os.environ,
        port=1,
        ready=lambda: ready,
    )


def test_a_started_process_is_found_again_and_ended(tmp_path: Path) -> None:
    record = started(tmp_path)
    assert Record.load(tmp_path / "run", "sleeper") == record
    record.stop(tmp_path / "run")
    assert start_time(record.pid) is None
    assert Record.load(tmp_path / "run", "sleeper") is None


def test_a_process_that_merely_has_the_same_pid_is_not_ours(tmp_path: Path) -> None:
    run = tmp_path / "run"
    other = record_process(run, "sleeper", os.getpid(), 1)
    Record(name="sleeper", pid=other.pid, started=other.started - 1, port=1).save(run)
    assert Record.load(run, "sleeper") is None
    assert not (run / "sleeper.json").exists()


@pytest.mark.parametrize("content", ["", "{", json.dumps({"pid": 1}), "[]"])
def test_a_damaged_record_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "sleeper.json").write_text(content)
    assert Record.load(tmp_path, "sleeper") is None


def test_a_process_that_dies_at_once_is_reported_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such module"):
        started(tmp_path, [sys.executable, "-c", "raise SystemExit('no such module')"], ready=False)
    assert Record.load(tmp_path / "run", "sleeper") is None


def test_a_taken_port_is_named_with_the_variable_that_moves_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port}, for the pages, .* WEB_PORT"):
            require_free_port(port, "the pages", "WEB_PORT")
    require_free_port(free_port(), "the pages", "WEB_PORT")


def test_a_child_that_ended_and_was_not_waited_for_is_not_running() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert start_time(child.pid) is None
