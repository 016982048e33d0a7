"""Finds the Pulumi CLI, or builds it once with Go from the pinned module in cli_module/."""

import fcntl
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from pulumi_local_aws.cache import CLI_MODULE, built_cli
from pulumi_local_aws.errors import EngineUnavailable
from pulumi_local_aws.files import private_folder

PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_INSTALL = "install the Pulumi CLI (https://www.pulumi.com/docs/install/) or Go, and run again"
_PROGRESS_SECONDS = 10.0

Report = Callable[[str], None]


def find_cli(built: Path | None = None) -> Path | None:
    """The CLI on PATH (the official one brings its own language host), else the one built here, else None."""
    built = built or default_cli()
    on_path = shutil.which("pulumi")
    if on_path is not None and Path(on_path).resolve() != built.resolve():
        return Path(on_path)
    return built if os.access(built, os.X_OK) else None


def ensure_cli(report: Report = print, built: Path | None = None) -> Path:
    """The CLI, built first if there is none (some five minutes on two cores; once).

    Raises EngineUnavailable where there is neither a CLI nor Go, or the module is unavailable.
    """
    return find_cli(built) or build_cli(built or default_cli(), report)


def default_cli() -> Path:
    """Return where the CLI of the pinned version is built to."""
    return built_cli(pinned_version())


def pinned_version(module_dir: Path = CLI_MODULE) -> str:
    """The CLI's version as go.mod requires it, such as `3.274.1`."""
    text = (module_dir / "go.mod").read_text()
    found = re.search(r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", text)
    if found is None:
        raise EngineUnavailable(f"{module_dir / 'go.mod'} does not require github.com/pulumi/pulumi/pkg/v3.")
    return found[1]


def build_cli(target: Path, report: Report = print, module_dir: Path = CLI_MODULE) -> Path:
    """Build the CLI into `target`, whole or not at all, and report the progress; one build runs at a time."""
    go = shutil.which("go")
    if go is None:
        raise EngineUnavailable(f"There is no Pulumi CLI on PATH and no Go to build one: {_INSTALL}.")
    private_folder(target.parent)
    with _only_builder(target, report):
        if os.access(target, os.X_OK):
            return target
        version = pinned_version(module_dir)
        report(f"Building the Pulumi CLI {version} with Go (once; about five minutes on two cores) ...")
        partial = target.with_name(f"{target.name}.partial")
        link = f"-s -w -X {_VERSION_SYMBOL}={version}"
        command = [go, "build", "-v", "-mod=readonly", "-ldflags", link, "-o", str(partial), PACKAGE]
        _run(command, module_dir, report)
        partial.replace(target)
    return target


def _run(command: list[str], cwd: Path, report: Report) -> None:
    environment = os.environ | {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
    started = last = time.monotonic()
    steps = 0
    tail = "it printed nothing"
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=cwd,
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
        raise EngineUnavailable(f"The Pulumi CLI cannot be built here ({tail}): {_INSTALL}.")
    report(f"  built in {time.monotonic() - started:.0f} s")


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    if process.stdout is not None:
        yield from (line.strip() for line in process.stdout if line.strip())


@contextmanager
def _only_builder(target: Path, report: Report) -> Generator[None]:
    lock = target.with_name(f".{target.name}.lock")
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("Waiting for another build of the Pulumi CLI to finish ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
