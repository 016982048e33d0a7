"""A logger and metrics that keep what they were given."""

from dataclasses import dataclass, field


@dataclass
class Recorder:
    """Implements the ports Logger and Metrics."""

    events: list[str] = field(default_factory=list[str])
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def begin(self, _: str, /, **keys: object) -> None:
        """Start a request, which the recorder does not distinguish from others."""

    def info(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        self.events.append(event)

    def warning(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        self.events.append(event)

    def failed(self, failure: BaseException) -> None:
        self.events.append("failed")

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + value

    def flush(self) -> None:
        """The counts stay, for the test to read."""
