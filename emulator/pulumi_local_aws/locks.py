"""The file backend's locks: one left by a `pulumi` that was killed must not block the next run for ever."""

import json
import socket
from pathlib import Path

import psutil


def drop_dead_locks(state: Path) -> int:
    """Remove the locks of ended processes of this host. Return how many."""
    dropped = 0
    for lock in (state / ".pulumi" / "locks").rglob("*.json"):
        if _is_dead(lock):
            lock.unlink(missing_ok=True)
            dropped += 1
    return dropped


def _is_dead(lock: Path) -> bool:
    try:
        holder = json.loads(lock.read_text())
        return holder["hostname"] == socket.gethostname() and not psutil.pid_exists(int(holder["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False
