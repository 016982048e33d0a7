"""Finds the Python of a Pulumi program, by the rules of the official language host."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pulumi_local_aws.errors import CommandError


def interpreter(
    folder: Path, options: Mapping[str, Any], environment: Mapping[str, str] = os.environ
) -> Path:
    """Return the interpreter for the program in `folder` with the runtime options of its Pulumi.yaml.

    In order: the option `virtualenv` (`.venv` with the toolchain uv; Poetry's own), the activated virtual
    environment, the one that local-aws is installed in if pulumi-aws is beside it, `python3` on PATH. Raises
    CommandError if the named virtual environment is missing.
    """
    venv = virtualenv(folder, options)
    if venv is not None:
        python = venv / "bin" / "python"
        if not python.exists():
            raise CommandError(f"The program's virtual environment {venv} is missing: run `pulumi install`.")
        return python
    active = environment.get("VIRTUAL_ENV")
    if active and (Path(active) / "bin" / "python").exists():
        return Path(active) / "bin" / "python"
    if find_spec("pulumi_aws") is not None:
        return Path(sys.executable)
    return Path(shutil.which("python3", path=environment.get("PATH")) or sys.executable)


def virtualenv(folder: Path, options: Mapping[str, Any]) -> Path | None:
    """Return the folder of the program's own virtual environment, which may be missing; None without one."""
    named, toolchain = options.get("virtualenv"), options.get("toolchain")
    if named:
        return folder / str(named)
    if toolchain == "uv":
        return folder / ".venv"
    if toolchain == "poetry":
        return _poetry_environment(folder)
    return None


def activated(python: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the interpreter's virtual environment activated, if it is in one."""
    venv = python.parent.parent
    if not (venv / "pyvenv.cfg").is_file():
        return dict(environment)
    path = os.pathsep.join([str(python.parent), environment.get("PATH", os.defpath)])
    kept = {name: value for name, value in environment.items() if name != "PYTHONHOME"}
    return {**kept, "VIRTUAL_ENV": str(venv), "PATH": path}


def _poetry_environment(folder: Path) -> Path:
    try:
        shown = subprocess.run(
            ["poetry", "env", "info", "--path"],  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandError("Pulumi.yaml names the toolchain poetry, which is not installed.") from error
    return Path(shown.stdout.strip() or folder / ".venv")
