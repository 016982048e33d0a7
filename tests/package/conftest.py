"""The built wheel, and a virtual environment that has it and nothing of this tree."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).parent / "uv"


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the wheel and the sdist; the wheel is built from the sdist, as an index would have it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [UV, "build", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder]
    subprocess.run([*command, "--quiet", REPOSITORY], check=True, cwd=folder)
    return folder


@pytest.fixture(scope="session")
def wheel(distributions: Path) -> Path:
    (found,) = distributions.glob("websocket_sessions-*.whl")
    return found


@pytest.fixture(scope="session")
def consumer(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a virtual environment with the wheel and its pinned dependencies."""
    folder = tmp_path_factory.mktemp("consumer")
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    pinned = REPOSITORY / "requirements" / "program.txt"
    install = [UV, "pip", "install", "--quiet", "--python", python]
    subprocess.run([*install, "--require-hashes", "-r", pinned], check=True)
    subprocess.run([*install, "--no-deps", wheel], check=True)
    return python
