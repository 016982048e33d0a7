"""What the archives are built for: a Lambda runtime and a processor architecture."""

import os
import re
from dataclasses import dataclass
from typing import Self

from websocket_sessions.archives.errors import ArchiveError

DEFAULT_RUNTIME = "python3.13"
DEFAULT_ARCHITECTURE = "arm64"

LOCAL_RUNTIME = "EMULATOR_LAMBDA_RUNTIME"
LOCAL_ARCHITECTURE = "EMULATOR_LAMBDA_ARCHITECTURE"
"""Environment variables that a local AWS sets, as it runs functions on an interpreter of its own machine."""

_RUNTIME = re.compile(r"python(3\.\d+)")
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
_GLIBC = ("2_34", "2_28", "2_17")
"""Lambda's Python images from 3.12 on are Amazon Linux 2023, glibc 2.34
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html)."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A Lambda runtime such as `python3.13` and an architecture, `arm64` or `x86_64`."""

    runtime: str = DEFAULT_RUNTIME
    architecture: str = DEFAULT_ARCHITECTURE

    def __post_init__(self) -> None:
        """Raise ArchiveError for a runtime other than Python or an architecture that Lambda lacks."""
        if not _RUNTIME.fullmatch(self.runtime):
            raise ArchiveError(
                f"lambdaRuntime is {self.runtime!r}: allowed is a Python runtime such as {DEFAULT_RUNTIME}"
            )
        if self.architecture not in _MACHINES:
            raise ArchiveError(
                f"lambdaArchitecture is {self.architecture!r}: allowed is {' or '.join(_MACHINES)}"
            )

    @classmethod
    def resolve(cls, runtime: str = DEFAULT_RUNTIME, architecture: str = DEFAULT_ARCHITECTURE) -> Self:
        """Return the target to build for: the local AWS's where one is in use, else the given one."""
        return cls(
            runtime=os.environ.get(LOCAL_RUNTIME) or runtime,
            architecture=os.environ.get(LOCAL_ARCHITECTURE) or architecture,
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

    @property
    def uv_platform(self) -> str:
        """The best of the wheel platforms, as `uv pip install --python-platform` names it."""
        return f"{_MACHINES[self.architecture]}-manylinux_{_GLIBC[0]}"

    def __str__(self) -> str:
        """Name the target as its folder in the cache is named."""
        return f"{self.runtime}-{self.architecture}"
