"""Finds the Python for MiniStack: 3.13, the functions' runtime in the cloud, if the machine has it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PREFERRED = "3.13"
MINIMUM = (3, 11)


def preferred_python() -> Path:
    """Return a Python 3.13 that really runs, from PATH or pyenv; else the running interpreter."""
    return next((found for found in _candidates() if _runs(found)), Path(sys.executable))


def version_of(python: Path) -> str:
    """Return `3.13.0`, say; empty where the interpreter does not run."""
    code = "import platform, venv, ensurepip; print(platform.python_version())"
    try:
        shown = subprocess.run(  # noqa: S603
            [str(python), "-c", code], capture_output=True, text=True, check=False, timeout=30
        )
    except OSError:
        return ""
    return shown.stdout.strip() if shown.returncode == 0 else ""


def _candidates() -> Iterator[Path]:
    on_path = shutil.which(f"python{PREFERRED}")
    if on_path:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in sorted((pyenv / "versions").glob(f"{PREFERRED}*"), reverse=True):
        yield folder / "bin" / f"python{PREFERRED}"


def _runs(python: Path) -> bool:
    # A pyenv shim is on PATH for every version that is installed, and fails for one that is not selected.
    return version_of(python).startswith(f"{PREFERRED}.")
