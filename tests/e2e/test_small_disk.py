"""`make up` on a disk that is full or read-only: one line, nothing started, and the next run mends it."""

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from pulumi_local_aws.engine_build import find_cli
from pulumi_local_aws.processes import port_is_free
from pulumi_local_aws.stack.bring_up import PROBE_BYTES
from tests.e2e.make_runner import MakeRunner
from tools.dev_stack.paths import ROOT

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


class Disk:
    """A file system in memory, mounted at `folder` for those alone who are `within` its namespace."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        mount = f"mount -t tmpfs -o size={PROBE_BYTES // 2} tmpfs {folder} && echo mounted && exec cat"
        self._holder = subprocess.Popen(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", mount],  # noqa: S607
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.is_mounted = self._holder.stdout is not None and bool(self._holder.stdout.readline())
        target = ("--target", str(self._holder.pid))
        self.within = (
            "nsenter",
            *target,
            "--user",
            "--preserve-credentials",
            "--mount",
            f"--wd={ROOT}",
            "--",
        )

    def remount(self, options: str) -> None:
        """Make it larger, or read-only."""
        command = [*self.within, "mount", "-o", f"remount,{options}", str(self.folder)]
        subprocess.run(command, check=True)

    def close(self) -> None:
        """Let it go; it vanishes with the last process within."""
        self._holder.communicate()


@pytest.fixture
def disk(tmp_path: Path) -> Generator[Disk]:
    """A disk that is too small."""
    if os.environ.get("E2E_OUTPUTS"):
        pytest.skip("about `make up`, not about a deployed stack")
    if find_cli() is None:
        pytest.skip("there is no Pulumi CLI here")
    try:
        made = Disk(tmp_path / "disk")
    except FileNotFoundError:
        pytest.skip("there is no unshare(1) here")
    if not made.is_mounted:
        made.close()
        pytest.skip("no file system may be mounted here")
    yield made
    made.close()


def refused(runner: MakeRunner) -> str:
    """The one line that `make up` ends with, before it has started anything."""
    line = runner.finish("up", code=1).strip()
    assert len(line.splitlines()) == 1
    assert port_is_free(int(runner.environment["EMULATOR_PORT"]))
    return line


def test_a_full_disk_is_one_line_and_the_next_up_mends_it(disk: Disk) -> None:
    runner = MakeRunner(disk.folder / "local", disk.within)
    line = refused(runner)
    assert "no space left on device" in line
    assert str(runner.folder / "state") in line
    disk.remount("size=1g")
    assert "The local stack is up." in runner.finish("up")
    assert "emulator" in runner.finish("down")


def test_a_read_only_disk_is_one_line(disk: Disk) -> None:
    disk.remount("ro")
    runner = MakeRunner(disk.folder / "local", disk.within)
    line = refused(runner)
    assert "read-only file system" in line
    assert str(runner.folder) in line
