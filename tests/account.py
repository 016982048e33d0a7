"""What a listener does with messages by PROTOCOL.md's rules, and the account that it keeps of them."""

from dataclasses import dataclass, field


@dataclass
class Account:
    """Delivers each offset once, in order; holds back what came too early; notes what it was told is lost."""

    position: int = 0
    delivered: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    told_reset: list[range] = field(default_factory=list[range])
    doubled: int = 0
    held: dict[int, str] = field(default_factory=dict[int, str])

    def take(self, offset: int, data: str) -> None:
        """A message arrived."""
        if offset <= self.position or offset in self.held:
            self.doubled += 1
            return
        self.held[offset] = data
        self._deliver()

    def reset(self, offset: int) -> None:
        """The server said that what is missing up to `offset` is no longer kept."""
        if offset > self.position:
            self.told_reset.append(range(self.position + 1, offset + 1))
            self.position = offset
        self._deliver()

    @property
    def missed(self) -> list[int]:
        """The offsets that it was told are lost."""
        return [offset for gap in self.told_reset for offset in gap]

    def check(self, log: dict[int, str]) -> None:
        """Everything in the log, from the first offset, was delivered once and in order, or told as lost."""
        offsets = [offset for offset, _ in self.delivered]
        assert offsets == sorted(offsets)
        assert sorted(offsets + self.missed) == list(range(1, len(log) + 1))
        assert all(log[offset] == data for offset, data in self.delivered)

    def _deliver(self) -> None:
        for offset in [one for one in self.held if one <= self.position]:
            del self.held[offset]
        while (data := self.held.pop(self.position + 1, None)) is not None:
            self.position += 1
            self.delivered.append((self.position, data))
