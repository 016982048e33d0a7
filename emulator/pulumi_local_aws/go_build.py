"""Builds a program once with Go from a pinned module, whole or not at all."""

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pulumi_local_aws.errors import EngineUnavailable
from pulumi_local_aws.files import private_folder

_PROGRESS_SECONDS = 10.0

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class GoProgram:
    """A program to build: a package of a Go module whose go.mod and go.sum pin everything."""

    name: str
    """The program as messages name it, such as `Pulumi CLI`."""
    version: str
    """Its version."""
    package: str
    """The package's import path."""
    module: Path
    """The folder of go.mod and go.sum."""
    duration: str
    """How long a build takes on two cores."""
    instead: str
    """What a person does where the build fails."""
    link_flags: str = "-s -w"
    """What the linker gets."""


def build(program: GoProgram, target: Path, report: Report = print) -> Path:
    """Build the program into `target` and report the progress; one build of a target runs at a time.

    Raises EngineUnavailable without Go, or if the build fails.
    """
    go = shutil.which("go")
    if go is None:
        raise EngineUnavailable(
            f"There is no {program.name} on PATH and no Go to build one: {program.instead}."
        )
    private_folder(target.parent)
    with _only_builder(program, target, report):
        if os.access(target, os.X_OK):
            return target
        title = f"{program.name} {program.version}"
        report(f"Building the {title} with Go (once; {program.duration} on two cores) ...")
        partial = target.with_name(f"{target.name}.partial")
        options = ("-v", "-mod=readonly", "-ldflags", program.link_flags, "-o", str(partial))
        _run(program, [go, "build", *options, program.package], report)
        partial.replace(target)
    return target


def _run(program: GoProgram, command: list[str], report: Report) -> None:
    environment = os.environ | {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
    started = last = time.monotonic()
    steps = 0
    tail = "it printed nothing"
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=program.module,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as go:
        for line in _lines(go):
            steps += 1
            tail = line
            if time.monotonic() - last >= _PROGRESS_SECONDS:
                last = time.monotonic()
                report(f"  {last - started:4.0f} s, {steps} packages: {line}")
    if go.returncode:
        raise EngineUnavailable(f"The {program.name} cannot be built here ({tail}): {program.instead}.")
    report(f"  built in {time.monotonic() - started:.0f} s")


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    if process.stdout is not None:
        yield from (line.strip() for line in process.stdout if line.strip())


@contextmanager
def _only_builder(program: GoProgram, target: Path, report: Report) -> Generator[None]:
    lock = target.with_name(f".{target.name}.lock")
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"Waiting for another build of the {program.name} to finish ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
