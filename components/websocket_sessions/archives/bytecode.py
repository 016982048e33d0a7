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

from websocket_sessions.archives.errors import ArchiveError
from websocket_sessions.archives.target import Target

LAMBDA_ROOT = "/var/task"
"""Where Lambda unpacks an archive; tracebacks name files there."""

_COMPILER = Path(__file__).with_name("compiler.py")


@cache
def interpreter(target: Target) -> str:
    """Return an interpreter of the target's Python version on this machine.

    Raises ArchiveError if there is none: an archive without bytecode would have other bytes.
    """
    if target.python == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    found = next((path for path in _candidates(target.python) if _is_version(path, target.python)), None)
    if found is None:
        raise ArchiveError(
            f"Python {target.python} is missing, which compiles the archives for {target.runtime}: install "
            f"it (`uv python install {target.python}`), set lambdaRuntime to a version that every deploying "
            "machine has, or set lambdaBytecode to false (slower cold starts)."
        )
    return found


def compiled(
    files: Mapping[str, Path], target: Target, python: str, cache: Path
) -> dict[str, tuple[str, Path]]:
    """Return the bytecode of each source, by the source's name in the archive: its own name and its path."""
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
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}")))
    uv = shutil.which("uv")
    if uv:
        command = [uv, "python", "find", "--no-project", "--no-python-downloads", version]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        yield from done.stdout.split("\n")[:1] if done.returncode == 0 else ()


def _is_version(path: str, version: str) -> bool:
    """Return whether the interpreter starts and has the version.

    A version manager leaves launchers for versions that it does not have.
    """
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([path, "-S", "-c", program], capture_output=True, text=True, check=False)  # noqa: S603
    return done.returncode == 0 and done.stdout.strip() == version
