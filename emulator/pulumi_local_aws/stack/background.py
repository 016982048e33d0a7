"""The background processes of a local stack: their records, and how to start and end them."""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.request import urlopen

from pulumi_local_aws.console import log_tail
from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.files import private_folder
from pulumi_local_aws.processes import port_is_free, start_time, stop_group, wait_until

START_SECONDS = 30.0
"""How long a background process may take until it answers."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One background process; `started` distinguishes it from a later process with the same pid."""

    name: str
    pid: int
    started: float
    port: int

    def save(self, run: Path) -> None:
        """Write the record where `load` finds it."""
        private_folder(run)
        (run / f"{self.name}.json").write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, run: Path, name: str) -> "Record | None":
        """Return the record of a running process; remove the record of one that ended."""
        path = run / f"{name}.json"
        try:
            record = cls(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            path.unlink()
            return None
        if start_time(record.pid) != record.started:
            path.unlink()
            return None
        return record

    def stop(self, run: Path) -> None:
        """End the process with its children, then forget it."""
        stop_group(self.pid)
        (run / f"{self.name}.json").unlink(missing_ok=True)


def record_process(run: Path, name: str, pid: int, port: int) -> Record:
    """Record a process that was just started."""
    started = start_time(pid)
    if started is None:
        raise CommandError(f"{name} died as soon as it was started.")
    record = Record(name=name, pid=pid, started=started, port=port)
    record.save(run)
    return record


def require_free_port(port: int, purpose: str, variable: str) -> None:
    """Raise CommandError naming the port and the variable that moves it, where something listens there."""
    if not port_is_free(port):
        raise CommandError(
            f"port {port}, for {purpose}, is taken: stop what listens there, or set {variable} to another."
        )


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    run: Path,
    log: Path,
    cwd: Path,
    env: Mapping[str, str],
    port: int,
    ready: Callable[[], bool],
) -> Record:
    """Start a process that outlives this one, record it, and wait until `ready()`."""
    private_folder(log.parent)
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603
            [str(part) for part in command],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    record = record_process(run, name, process.pid, port)
    wait_until(lambda: process.poll() is not None or ready(), START_SECONDS)
    if process.poll() is None and ready():
        return record
    record.stop(run)
    raise CommandError(f"{name} does not answer on port {port}.\n{log_tail(log)}")


def answers(url: str) -> bool:
    """Return whether a server of this machine answers with 200."""
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310 - our own addresses
            return bool(answer.status == 200)
    except OSError:
        return False
