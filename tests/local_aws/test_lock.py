"""One command at a time; a killed command leaves no lock behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.lock import exclusive

HOLDER = """
import sys
from pathlib import Path
from pulumi_local_aws.lock import exclusive
with exclusive(Path(sys.argv[1]), "make up"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_command_names_the_holder_and_a_killed_one_frees_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "run" / "lock"
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(CommandError, match=rf"make up \(pid {holder.pid}\)"),
            exclusive(lock, "make down"),
        ):
            pytest.fail("two commands held the lock")
        holder.kill()
    with exclusive(lock, "make down"):
        assert lock.read_text().startswith("make down (pid ")
