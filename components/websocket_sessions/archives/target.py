"""What the archives are built for: a Python version and a processor architecture."""

import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from websocket_sessions.archives.errors import ArchiveError

EMULATOR = "emulator"
"""In place of a runtime or an architecture: what the local AWS on this machine runs."""

_RUNTIME = re.compile(r"python(3\.\d+)")
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "AMD64": "x86_64"}
_GLIBC = ("2_34", "2_28", "2_17")
"""Lambda's Python images from 3.12 on are Amazon Linux 2023, glibc 2.34
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html)."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A Lambda runtime such as `python3.13` and an architecture, `arm64` or `x86_64`."""

    runtime: str
    architecture: str

    def __post_init__(self) -> None:
        """Raise ArchiveError for a runtime that is no Python or an architecture that Lambda lacks."""
        if not _RUNTIME.fullmatch(self.runtime):
            raise ArchiveError(f"lambdaRuntime {self.runtime!r} is not allowed: name one such as python3.13")
        if self.architecture not in _MACHINES:
            raise ArchiveError(
                f"lambdaArchitecture {self.architecture!r} is not allowed: use {' or '.join(_MACHINES)}"
            )

    @classmethod
    def resolve(cls, runtime: str, architecture: str, emulator_venv: Path) -> Self:
        """Return the target for config values, where `emulator` stands for what this machine runs."""
        return cls(
            runtime=f"python{_venv_version(emulator_venv)}" if runtime == EMULATOR else runtime,
            architecture=_ARCHITECTURES.get(platform.machine(), platform.machine())
            if architecture == EMULATOR
            else architecture,
        )

    @property
    def python(self) -> str:
        """The Python version, such as `3.13`."""
        return self.runtime.removeprefix("python")

    @property
    def bytecode_tag(self) -> str:
        """The middle part of a bytecode file's name, such as `cpython-313`."""
        return f"cpython-{self.python.replace('.', '')}"

    @property
    def platforms(self) -> tuple[str, ...]:
        """The wheel platforms that run there, best first."""
        machine = _MACHINES[self.architecture]
        return (*(f"manylinux_{glibc}_{machine}" for glibc in _GLIBC), f"manylinux2014_{machine}")

    def __str__(self) -> str:
        """Name the target as its folder in the cache is named."""
        return f"{self.runtime}-{self.architecture}"


def _venv_version(venv: Path) -> str:
    """The Python version of the emulator's virtual environment; where there is none yet, our own."""
    try:
        settings = (venv / "pyvenv.cfg").read_text()
    except OSError:
        settings = ""
    found = re.search(r"^version(?:_info)?\s*=\s*(3\.\d+)", settings, re.MULTILINE)
    return found[1] if found else f"{sys.version_info.major}.{sys.version_info.minor}"
