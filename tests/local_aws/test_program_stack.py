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
import yaml

from pulumi_local_aws.engine import STATE_AT_THE_END, Engine, Result
from pulumi_local_aws.errors import CommandError
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
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    for pid, cut_short in ((os.getpid(), False), (ended.pid, True)):
        lock.write_text(json.dumps({"pid": pid, "hostname": socket.gethostname()}))
        assert stack.was_interrupted() is cut_short
    assert not lock.exists()
    mark = tmp_path / "state" / "updating"
    mark.touch()
    assert stack.was_interrupted(), "another command had removed the lock of the killed update"
    lock.write_text(json.dumps({"pid": os.getpid(), "hostname": socket.gethostname()}))
    assert not stack.was_interrupted()
    lock.unlink()
    mark.unlink()
    checkpoint(tmp_path, None)
    stack_file = tmp_path / "state" / ".pulumi" / "stacks" / "project" / "local.json"
    stack_file.write_text(stack_file.read_text()[:20])
    assert stack.was_interrupted()


@pytest.mark.parametrize(
    ("latest", "is_first"), [(None, True), ({"resources": []}, True), ({"resources": [{"urn": "a"}]}, False)]
)
def test_only_the_first_update_of_a_stack_writes_its_state_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, latest: dict[str, Any] | None, *, is_first: bool
) -> None:
    stack, environments = stack_in(tmp_path), list[dict[str, str]]()
    checkpoint(tmp_path, latest)
    monkeypatch.setattr(
        ProgramStack, "engine", Engine(cli=tmp_path / "pulumi", state=tmp_path, environment={})
    )

    def up(engine: Engine, *_: Any, **__: Any) -> Result:
        environments.append(dict(engine.environment))
        return Result(returncode=0, stdout=UP, stderr="")

    monkeypatch.setattr(Engine, "up", up)
    stack.up()
    assert environments == [STATE_AT_THE_END if is_first else {}]


@pytest.mark.parametrize(
    ("returncode", "other_update", "is_left"),
    [(0, False, False), (255, False, False), (255, True, True), (-9, False, True)],
)
def test_an_update_that_is_killed_or_refused_leaves_its_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, returncode: int, *, other_update: bool, is_left: bool
) -> None:
    stack = stack_in(tmp_path)
    lock = tmp_path / "state" / ".pulumi" / "locks" / "a.json"
    lock.parent.mkdir(parents=True)
    if other_update:
        lock.write_text(json.dumps({"pid": os.getpid(), "hostname": socket.gethostname()}))
    monkeypatch.setattr(
        ProgramStack, "engine", Engine(cli=tmp_path / "pulumi", state=tmp_path, environment={})
    )

    def up(*_: Any, **__: Any) -> Result:
        return Result(returncode=returncode, stdout=UP, stderr="")

    monkeypatch.setattr(Engine, "up", up)
    if returncode == 0:
        stack.up()
    else:
        with pytest.raises(CommandError, match="pulumi up failed"):
            stack.up()
    assert (tmp_path / "state" / "updating").exists() is is_left


def test_an_ended_process_holds_no_lock_before_its_parent_has_noticed(tmp_path: Path) -> None:
    lock = tmp_path / "state" / ".pulumi" / "locks" / "a.json"
    lock.parent.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        lock.write_text(json.dumps({"pid": ended.pid, "hostname": socket.gethostname()}))
        assert stack_in(tmp_path).was_interrupted()


def test_secrets_are_readable_by_their_owner_alone_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "new" / "passphrase"
    write_secret(path, "first", keep=True)
    write_secret(path, "second", keep=True)
    assert path.read_text() == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_secret(path, "third")
    assert path.read_text() == "third"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def config_of(stack: ProgramStack) -> str:
    """The config that the engine gets."""
    stack.write_config()
    return (stack.layout.stack / "Pulumi.local.yaml").read_text()


def test_the_committed_emulator_address_follows_the_port(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.local.yaml").write_text("config:\n  shop:endpoint: http://localhost:4566\n")
    assert "http://localhost:1\n" in config_of(stack_in(tmp_path))


def test_the_official_plugin_gets_the_emulators_address_and_keys(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.local.yaml").write_text("config:\n  aws:region: eu-central-1\n  shop:size: 3\n")
    project = stack_in(tmp_path).project
    layout = Layout(root=tmp_path, local=tmp_path, emulator_port=1, websocket_port=2)
    stack = ProgramStack(layout, project, ("key", "secret"), official=True)
    config = yaml.safe_load(config_of(stack))["config"]
    assert (config["aws:region"], config["shop:size"]) == ("eu-central-1", 3)
    assert (config["aws:accessKey"], config["aws:secretKey"]) == ("key", "secret")
    assert config["aws:endpoints"][0]["dynamodb"] == "http://127.0.0.1:1"
    assert "PULUMI_HOME" not in stack.pulumi_environment()


def test_encrypted_values_of_the_project_need_its_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.local.yaml").write_text(
        "encryptionsalt: v1:abc\nconfig:\n  shop:key:\n    secure: x\n"
    )
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    stack = stack_in(tmp_path)
    assert "encryptionsalt: v1:abc" in config_of(stack)
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in stack.pulumi_environment()
    with pytest.raises(CommandError, match="has encrypted values: set PULUMI_CONFIG_PASSPHRASE"):
        stack.passphrase()
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "ours")
    assert stack.passphrase() == "ours"
