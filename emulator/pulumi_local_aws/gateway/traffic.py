"""The record of frames and invocations for the inspector; it costs nothing while no page watches."""

import asyncio
import itertools
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager

_QUEUE_ENTRIES = 1000
_MAX_PAYLOAD_CHARACTERS = 32 * 1024
_REDACTED = "[redacted]"
_TOKEN_FIELD = re.compile(
    r'"((?:access|id|refresh)?_?token|authorization|password)"(\s*:\s*)"(?:[^"\\]|\\.)*("|$)', re.IGNORECASE
)
_BEARER = re.compile(r"\b(bearer[\s.,]+)[A-Za-z0-9_.~+/=-]{8,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")

Entry = dict[str, object]


class Traffic:
    """Gives each watcher the entries as they are recorded; a slow watcher loses the oldest entries."""

    def __init__(self, epoch_ms: Callable[[], int]) -> None:
        self._epoch_ms = epoch_ms
        self._numbers = itertools.count(1)
        self._watchers: set[asyncio.Queue[Entry | None]] = set()

    @property
    def is_watched(self) -> bool:
        return bool(self._watchers)

    def record(self, kind: str, connection_id: str, **fields: object) -> None:
        """Send an entry to the watchers; the payload is redacted and limited to 32 KiB of characters."""
        if not self._watchers:
            return
        entry: Entry = {
            "number": next(self._numbers),
            "kind": kind,
            "time": self._epoch_ms(),
            "connectionId": connection_id,
            **fields,
        }
        payload = fields.get("payload")
        if isinstance(payload, str):
            entry["bytes"] = len(payload.encode(errors="replace"))
            entry["payload"] = redact(payload[:_MAX_PAYLOAD_CHARACTERS])
            entry["isReplayable"] = entry["payload"] == payload
        for watcher in self._watchers:
            if watcher.full():
                watcher.get_nowait()
            watcher.put_nowait(entry)

    @contextmanager
    def watch(self) -> Generator[asyncio.Queue[Entry | None]]:
        """Give the queue of a new watcher; None in it means that the gateway stops."""
        queue: asyncio.Queue[Entry | None] = asyncio.Queue(_QUEUE_ENTRIES)
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)

    def close(self) -> None:
        """Notify every watcher that the gateway stops."""
        for watcher in self._watchers:
            if watcher.full():
                watcher.get_nowait()
            watcher.put_nowait(None)


def redact(text: str) -> str:
    """Replace the values of token fields, bearer tokens and JWTs."""
    text = _TOKEN_FIELD.sub(rf'"\1"\2"{_REDACTED}\3', text)
    text = _BEARER.sub(rf"\1{_REDACTED}", text)
    return _JWT.sub(_REDACTED, text)
