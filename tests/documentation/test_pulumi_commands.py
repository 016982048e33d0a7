"""The commands of the pages on a stack's config work with the engine, in an empty project."""

import subprocess
from pathlib import Path

import pytest

from pulumi_local_aws.engine import Engine
from tests.support.documented_commands import commands
from tools.dev_stack.paths import ROOT

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


def test_the_commands_on_a_stack_work_in_an_empty_project(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: project\nruntime: python\n", encoding="utf-8")
    init = [command for command in commands(ROOT / "README.md") if command.startswith("pulumi stack init")]
    pages = [ROOT / "docs" / name for name in ("installation-configuration.md", "operations.md")]
    settings = [
        command for page in pages for command in commands(page) if command.startswith("pulumi config set")
    ]
    assert (len(init), len(settings)) == (1, 3)
    for command in [*init, *settings]:
        run(engine, tmp_path, command)
    assert run(engine, tmp_path, "pulumi config get aws:region").strip() == "eu-central-1"
    assert run(engine, tmp_path, "pulumi config get websocket-sessions:maxListeners").strip() == "1000"


def run(engine: Engine, folder: Path, command: str) -> str:
    """Return what a command printed."""
    done = subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=folder,
        env=dict(engine.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
