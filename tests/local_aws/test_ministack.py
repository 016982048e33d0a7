"""Starting and stopping the local AWS, and the one line that each failure gives."""

import socket
from pathlib import Path

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.errors import EmulatorError
from pulumi_local_aws.ministack import ACCOUNT_ID, DEFAULT_PYTHON, MiniStack
from pulumi_local_aws.processes import free_port, group_is_alive

KEYS = ("AKIATESTTESTTESTTEST", "a-secret-for-tests")


def _fake_python(folder: Path, script: str) -> Path:
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return python


def test_a_missing_virtual_environment_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="run `local-aws install`"):
        MiniStack.start(tmp_path, free_port(), *KEYS, tmp_path / "log", python=tmp_path / "none")


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(EmulatorError, match=f"Port {port} is taken"):
            MiniStack.start(tmp_path, port, *KEYS, tmp_path / "log", python=_fake_python(tmp_path, "exit 0"))
    assert not (tmp_path / "log").exists()


def test_a_process_that_dies_is_reported_with_its_last_words(tmp_path: Path) -> None:
    python = _fake_python(tmp_path, "echo first; echo 'no such module'; echo; exit 3")
    with pytest.raises(EmulatorError, match="died while it started: no such module"):
        MiniStack.start(tmp_path, free_port(), *KEYS, tmp_path / "log", python=python)


def test_a_process_that_never_answers_is_stopped_with_all_its_children(tmp_path: Path) -> None:
    python = _fake_python(tmp_path, f"sleep 600 & echo $$ > {tmp_path}/group; wait")
    with pytest.raises(EmulatorError, match=r"not ready after 0\.5 s"):
        MiniStack.start(tmp_path, free_port(), *KEYS, tmp_path / "log", python=python, timeout=0.5)
    assert not group_is_alive(int((tmp_path / "group").read_text()))


@pytest.mark.emulator
@pytest.mark.skipif(
    not DEFAULT_PYTHON.exists(), reason="the local AWS is not installed: run `local-aws install`"
)
def test_it_answers_its_root_caller_and_leaves_no_process_behind(tmp_path: Path) -> None:
    with MiniStack.start(tmp_path, free_port(), *KEYS, tmp_path / "log") as stack:
        assert client("sts", stack.environment).get_caller_identity()["Account"] == ACCOUNT_ID
        assert "a-secret-for-tests" not in repr(stack)
    assert not group_is_alive(stack.pid)
    assert not stack.is_ready()
