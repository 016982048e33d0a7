"""What a developer sees: one line a step, progress while it runs, and one clear line when it fails."""

import errno
import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pulumi_local_aws.errors import CommandError, EmulatorError
from pulumi_local_aws.files import private_folder

PROGRESS_SECONDS = (10.0, 20.0, 30.0)
"""Seconds to the first, second and each later progress line of a long step."""
STORAGE_ERRORS = {errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS}
"""What a folder that is full, read-only or not a folder answers."""
LOG_TAIL = 12
"""Lines of a failed tool's log that are shown."""


def say(line: str) -> None:
    """Print one line at once, also into a pipe."""
    print(line, flush=True)


def run_command(name: str, main: Callable[[], int]) -> int:
    """Run a command's `main`; an expected failure becomes one line on stderr and exit code 1."""
    try:
        return main()
    except EmulatorError as error:
        print(f"{name}: {error}", file=sys.stderr, flush=True)
        return 1
    except OSError as error:
        if error.errno not in STORAGE_ERRORS:
            raise
        print(f"{name}: {plain_os_error(error)}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: interrupted.", file=sys.stderr, flush=True)
        return 130


def plain_os_error(error: OSError) -> str:
    """Say in one line what the file system refused, and what to do about it."""
    path = error.filename or "the state folder"
    reason = (error.strerror or str(error)).lower()
    return f"cannot write {path}: {reason}. Make it writable, or free some space, and run the command again."


@contextmanager
def progress(label: str) -> Generator[None]:
    """Say that a step runs, now and then that it still does, and how long it took."""
    started = time.monotonic()
    done = threading.Event()

    def tick() -> None:
        for count in itertools.count():
            if done.wait(PROGRESS_SECONDS[min(count, len(PROGRESS_SECONDS) - 1)]):
                return
            say(f"  {label}: still running ({time.monotonic() - started:.0f} s)")

    ticker = threading.Thread(target=tick, daemon=True)
    say(f"  {label} ...")
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()
    say(f"  {label}: done ({time.monotonic() - started:.1f} s)")


def run_logged(
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    hint: str = "",
) -> None:
    """Run a noisy tool with its output in `log`; raises CommandError with the log's end where it fails."""
    private_folder(log.parent)
    with log.open("wb") as out:
        try:
            result = subprocess.run(  # noqa: S603
                [str(part) for part in command],
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except FileNotFoundError as error:
            raise CommandError(f"{command[0]} is not installed. {hint}".rstrip()) from error
    if result.returncode != 0:
        raise CommandError(f"{command[0]} failed with exit code {result.returncode}. {hint}\n{log_tail(log)}")


def log_tail(log: Path) -> str:
    """Return the last lines of a log, indented, with the log's path."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    tail = "\n".join(f"    {line}" for line in lines[-LOG_TAIL:])
    return f"{tail}\n    (all of it: {log})"
