"""The built wheel, and a virtual environment that has it and nothing of this tree."""

import subprocess
from pathlib import Path

import pytest

from tests.support.wheels import REPOSITORY, UV, build_wheel, virtual_environment


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the wheel and the sdist."""
    return build_wheel(REPOSITORY, tmp_path_factory.mktemp("dist")).parent


@pytest.fixture(scope="session")
def wheel(distributions: Path) -> Path:
    (found,) = distributions.glob("websocket_sessions-*.whl")
    return found


@pytest.fixture(scope="session")
def consumer(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a virtual environment with the wheel and its pinned dependencies."""
    pinned = REPOSITORY / "requirements" / "program.txt"
    folder = tmp_path_factory.mktemp("consumer") / "venv"
    python = virtual_environment(folder, "--require-hashes", "-r", pinned) / "bin" / "python"
    subprocess.run([UV, "pip", "install", "--quiet", "--python", python, "--no-deps", wheel], check=True)
    return python
