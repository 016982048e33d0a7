"""Compiles sources for the target's Python, so that a cold start need not.

The files are hash-based and unchecked (PEP 552): no timestamp makes them differ or stale.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from websocket_sessions.archives.target import Target

LAMBDA_ROOT = "/var/task"
"""Where Lambda unpacks an archive; tracebacks name files there."""

_COMPILER = Path(__file__).with_name("compiler.py")


@cache
def interpreter(target: Target) -> str | None:
    """Return an interpreter of the target's Python version on this machine, or None."""
    if target.python == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    return next((path for path in _candidates(target.python) if _runs(path)), None)


def compiled(
    files: Mapping[str, Path], target: Target, python: str, cache: Path
) -> dict[str, tuple[str, Path]]:
    """Return the bytecode by source: a source's name in the archive to the bytecode's name and path."""
    made: dict[str, tuple[str, Path]] = {}
    jobs: list[tuple[str, str, str]] = []
    for arcname, source in files.items():
        if not arcname.endswith(".py"):
            continue
        digest = sha256(arcname.encode() + b"\0" + source.read_bytes()).hexdigest()
        output = cache / "bytecode" / target.bytecode_tag / digest[:2] / digest
        made[arcname] = (_bytecode_name(arcname, target), output)
        if not output.exists():
            jobs.append((str(source), f"{LAMBDA_ROOT}/{arcname}", str(output)))
    if jobs:
        subprocess.run([python, "-S", str(_COMPILER)], input=json.dumps(jobs), text=True, check=True)  # noqa: S603
    return made


def _bytecode_name(arcname: str, target: Target) -> str:
    folder, _, name = arcname.rpartition("/")
    file = f"__pycache__/{name.removesuffix('.py')}.{target.bytecode_tag}.pyc"
    return f"{folder}/{file}" if folder else file


def _candidates(version: str) -> Iterator[str]:
    found = shutil.which(f"python{version}")
    if found:
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{version}*/bin/python{version}")))


def _runs(path: str) -> bool:
    """Whether it starts: a version manager leaves launchers for versions that it does not have."""
    return subprocess.run([path, "-S", "-c", ""], capture_output=True, check=False).returncode == 0  # noqa: S603
