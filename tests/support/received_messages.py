"""The messages of one session that a listener received, ordered by PROTOCOL.md's rules."""

from dataclasses import dataclass, field


@dataclass
class ReceivedMessages:
    """Delivers each offset once and in order, holds back early messages, and records announced losses."""

    position: int = 0
    delivered: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    resets: list[range] = field(default_factory=list[range])
    duplicates: int = 0
    batches: int = 0
    """Pushes with several messages."""
    held: dict[int, str] = field(default_factory=dict[int, str])

    def take(self, offset: int, data: str) -> None:
        """Take in a message that arrived."""
        if offset <= self.position or offset in self.held:
            self.duplicates += 1
            return
        self.held[offset] = data
        self._deliver()

    def reset(self, offset: int) -> None:
        """Skip to `offset`: the server no longer keeps the missing messages up to it."""
        if offset > self.position:
            self.resets.append(range(self.position + 1, offset + 1))
            self.position = offset
        self._deliver()

    @property
    def missed(self) -> list[int]:
        """The offsets that the server announced as lost."""
        return [offset for gap in self.resets for offset in gap]

    def check(self, log: dict[int, str]) -> None:
        """Assert that each offset of the log was delivered once and in order, or announced as lost."""
        offsets = [offset for offset, _ in self.delivered]
        assert offsets == sorted(offsets)
        assert sorted(offsets + self.missed) == list(range(1, len(log) + 1))
        assert all(log[offset] == data for offset, data in self.delivered)

    def _deliver(self) -> None:
        for offset in [held for held in self.held if held <= self.position]:
            del self.held[offset]
        while (data := self.held.pop(self.position + 1, None)) is not None:
            self.position += 1
            self.delivered.append((self.position, data))
