"""One developer command at a time may change the local stack; the system drops a dead command's lock."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tools.dev_stack.console import CommandError


@contextmanager
def exclusive(path: Path, command: str) -> Generator[None]:
    """Hold the lock file for `command`; raises CommandError where another live process holds it.

    The lock is the kernel's (flock), so a command that was killed leaves none behind; the file's text only
    names the holder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another command"
            raise CommandError(f"{holder} is running: wait until it ends, then try again.") from error
        file.seek(0)
        file.truncate()
        file.write(f"{command} (pid {os.getpid()})")
        file.flush()
        yield
