"""Builds the distributions of this repository, and virtual environments that have them."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).parent / "uv"


def build_wheel(source: Path, folder: Path) -> Path:
    """Return the wheel of a source tree, built from its sdist as an index would have it, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [UV, "build", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder]
    subprocess.run([*command, "--quiet", source], check=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def virtual_environment(folder: Path, *options: str | Path) -> Path:
    """Return a new virtual environment with what `uv pip install OPTIONS` installs."""
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([UV, "pip", "install", "--quiet", "--python", python, *options], check=True)
    return folder
