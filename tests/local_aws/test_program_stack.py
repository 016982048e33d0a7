"""What the tools read from the engine's output and state."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_local_aws.files import write_secret
from pulumi_local_aws.stack.layout import Layout
from pulumi_local_aws.stack.program_stack import ProgramStack, diagnostics, summary
from pulumi_local_aws.stack.project import Project

UP = """Updating (local):
 +  aws:dynamodb:Table sessions created (0.1s)
Diagnostics:
  aws:iam:Role (role):
    error: not allowed

Resources:
    + 2 created
    95 unchanged

Duration: 3s
"""


def stack_in(tmp_path: Path) -> ProgramStack:
    (tmp_path / "Pulumi.yaml").write_text("name: project\nruntime: python\n")
    layout = Layout(root=tmp_path, local=tmp_path, emulator_port=1, websocket_port=2)
    return ProgramStack(layout, Project.read(tmp_path / "Pulumi.yaml"), ("key", "secret"))


def checkpoint(tmp_path: Path, latest: dict[str, Any] | None) -> None:
    path = tmp_path / "state" / ".pulumi" / "stacks" / "project" / "local.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 3, "checkpoint": {"stack": "local", "latest": latest}}))


def test_the_engines_counts_and_errors_are_found() -> None:
    assert summary(UP) == "+ 2 created, 95 unchanged"
    assert summary("Resources:\n    ~ 2 updated\n    2 changes. 9 unchanged\n") == "~ 2 updated, 9 unchanged"
    assert "error: not allowed" in diagnostics(UP)
    assert diagnostics("Resources:\n    1 unchanged\n") == ""


@pytest.mark.parametrize(
    ("latest", "cut_short"),
    [
        (None, False),
        ({"resources": []}, False),
        ({"resources": [], "pending_operations": [{"type": "creating"}]}, True),
    ],
)
def test_pending_operations_tell_a_killed_update(
    tmp_path: Path, latest: dict[str, Any] | None, *, cut_short: bool
) -> None:
    checkpoint(tmp_path, latest)
    assert stack_in(tmp_path).was_interrupted() is cut_short


def test_a_lock_that_was_left_or_a_torn_state_tells_a_killed_update(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    assert not stack.was_interrupted()
    lock = tmp_path / "state" / ".pulumi" / "locks" / "organization" / "project" / "local" / "a.json"
    lock.parent.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    for pid, cut_short in ((os.getpid(), False), (gone.pid, True)):
        lock.write_text(json.dumps({"pid": pid, "hostname": socket.gethostname()}))
        assert stack.was_interrupted() is cut_short
    assert not lock.exists()
    checkpoint(tmp_path, None)
    stack_file = tmp_path / "state" / ".pulumi" / "stacks" / "project" / "local.json"
    stack_file.write_text(stack_file.read_text()[:20])
    assert stack.was_interrupted()


def test_secrets_are_readable_by_their_owner_alone_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "new" / "passphrase"
    write_secret(path, "first", keep=True)
    write_secret(path, "second", keep=True)
    assert path.read_text() == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_secret(path, "third")
    assert path.read_text() == "third"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
