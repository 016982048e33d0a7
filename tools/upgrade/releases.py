"""The sources of a stack, of a commit or of this checkout, in one folder that the stack is deployed from."""

import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from pulumi_local_aws.errors import CommandError
from tools.dev_stack.paths import ROOT
from tools.dev_stack.throwaway_stack import SOURCES, copy_program


def use_commit(tree: Path, commit: str) -> None:
    """Put the program of a commit into the folder. Raises CommandError if there is no such commit."""
    made = subprocess.run(
        ["git", "archive", commit, *SOURCES],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        raise CommandError(f"git archive {commit}: {made.stderr.decode().strip()}")
    _remove(tree)
    with tarfile.open(fileobj=BytesIO(made.stdout)) as archive:
        archive.extractall(tree, filter="data")


def use_checkout(tree: Path) -> None:
    """Put this checkout's program into the folder."""
    _remove(tree)
    copy_program(tree)


def _remove(tree: Path) -> None:
    """Remove the program, and leave what the stack keeps beside it."""
    for name in SOURCES:
        path = tree / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
