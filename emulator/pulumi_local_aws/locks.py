"""The file backend's locks: one left by a `pulumi` that was killed must not block the next run for ever."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

from pulumi_local_aws.processes import start_time


def drop_dead_locks(state: Path) -> int:
    """Remove the locks of ended processes of this host. Return how many."""
    dropped = 0
    for lock in _locks(state):
        if _is_dead(lock):
            lock.unlink(missing_ok=True)
            dropped += 1
    return dropped


def has_locks(state: Path) -> bool:
    """Return whether an update holds a lock."""
    return any(_locks(state))


def _locks(state: Path) -> Iterator[Path]:
    return (state / ".pulumi" / "locks").rglob("*.json")


def _is_dead(lock: Path) -> bool:
    try:
        holder = json.loads(lock.read_text())
        return holder["hostname"] == socket.gethostname() and start_time(int(holder["pid"])) is None
    except (OSError, ValueError, KeyError, TypeError):
        return False
