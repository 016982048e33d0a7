"""Lets one command at a time change the local stack; the system drops a dead command's lock."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.files import private_folder


@contextmanager
def exclusive(path: Path, command: str, *, wait: bool = False) -> Generator[None]:
    """Hold the lock file for `command`.

    Raises CommandError if another live process holds it, or waits for that one with `wait`. The lock is the
    kernel's (flock), so a killed command leaves none behind; the file's text only names the holder.
    """
    private_folder(path.parent)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another command"
            raise CommandError(f"{holder} is running: wait until it ends, then try again.") from error
        file.seek(0)
        file.truncate()
        file.write(f"{command} (pid {os.getpid()})")
        file.flush()
        yield
