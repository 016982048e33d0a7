"""Puts a session's messages in offset order, each once, and knows whether one is missing."""

from collections import deque
from dataclasses import dataclass
from typing import Any

MAX_HELD = 1000
"""Messages kept at most, ready ones included. Recovery fetches later what does not fit."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a session's message log: everything up to `offset` was received."""

    epoch: str
    offset: int


class ReorderBuffer:
    """Messages that wait for earlier ones, and those that are ready to be taken.

    `position` moves as messages become ready. It never goes back within an epoch.
    """

    def __init__(self) -> None:
        """Start without a position: before the first join nothing is ready."""
        self.position: Position | None = None
        self._held: dict[int, dict[str, Any]] = {}
        self._ready: deque[dict[str, Any]] = deque()
        self._last_known = -1

    @property
    def has_gap(self) -> bool:
        """Whether a message up to the last known offset is missing."""
        return self.position is not None and self._last_known > self.position.offset

    @property
    def has_room(self) -> bool:
        """Whether messages are accepted; a slow consumer fills the buffer, and recovery fetches the rest."""
        return len(self._ready) + len(self._held) < MAX_HELD

    def accept(self, message: dict[str, Any]) -> None:
        """Take in a pushed message; a duplicate, and one of another epoch, is dropped."""
        offset = int(message["offset"])
        position = self.position
        if position is not None and (message["epoch"] != position.epoch or offset <= position.offset):
            return
        if self.has_room:
            self._held[offset] = message
        if position is not None:
            self.confirm(offset)

    def confirm(self, offset: int) -> None:
        """Record that the log reaches up to `offset`."""
        self._last_known = max(self._last_known, offset)
        self._drain()

    def jump(self, position: Position) -> None:
        """Start at a position, or continue there where the messages before it are no longer kept."""
        known = self.position
        same_epoch = known is not None and known.epoch == position.epoch
        if known is not None and same_epoch and position.offset < known.offset:
            self.confirm(position.offset)
            return
        for offset in sorted(self._held):
            message = self._held[offset]
            if message["epoch"] != position.epoch:
                del self._held[offset]
            elif offset <= position.offset:
                del self._held[offset]
                if same_epoch:
                    self._ready.append(message)
        before = self._last_known if same_epoch or known is None else -1
        self._last_known = max(position.offset, before, *self._held, -1)
        self.position = position
        self._drain()

    def take(self) -> dict[str, Any] | None:
        """Return the next message in order, or None if none is ready."""
        return self._ready.popleft() if self._ready else None

    def _drain(self) -> None:
        while self.position is not None:
            message = self._held.pop(self.position.offset + 1, None)
            if message is None:
                return
            self.position = Position(self.position.epoch, int(message["offset"]))
            self._ready.append(message)
