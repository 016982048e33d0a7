"""The clock: real time for time stamps, scaled time for the idle timeout and the maximum duration."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Counts scaled seconds, which pass `factor` times as fast as real seconds; the factor may change.

    Only the idle timeout and the maximum duration use scaled time. The integration timeout uses real time,
    because the functions run in real time; so do time stamps and throttling.
    """

    def __init__(
        self,
        factor: float = 1.0,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.monotonic = monotonic
        self._wall = wall
        self._factor = _require_positive(factor)
        self._scaled_at_change = 0.0
        self._changed_at = monotonic()

    @property
    def factor(self) -> float:
        return self._factor

    def set_factor(self, factor: float) -> None:
        """Change the factor from now on. Raises ValueError if it is not above zero."""
        valid_factor = _require_positive(factor)
        self._scaled_at_change, self._changed_at = self.scaled_seconds(), self.monotonic()
        self._factor = valid_factor

    def scaled_seconds(self) -> float:
        return self._scaled_at_change + (self.monotonic() - self._changed_at) * self._factor

    def real_seconds(self, scaled_seconds: float) -> float:
        """Return how many real seconds these scaled seconds take at the present factor; at least 0."""
        return max(0.0, scaled_seconds) / self._factor

    def epoch_ms(self) -> int:
        return int(self._wall() * 1000)


def _require_positive(factor: float) -> float:
    if not factor > 0:
        raise ValueError(f"time factor: {factor!r}; must be above 0")
    return factor


def request_time(epoch_ms: int) -> str:
    """Format a time as `requestContext.requestTime` does: CLF, e.g. `19/Jan/2023:21:13:26 +0000`."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def iso_time(epoch_ms: int) -> str:
    """Format a time as GetConnection does: ISO 8601 in UTC."""
    return (
        datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
