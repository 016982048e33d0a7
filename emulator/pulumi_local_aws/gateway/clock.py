"""Time: real for everything that AWS reports, faster by one factor for the idle and duration cuts."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """`scaled()` are seconds that pass `factor` times as fast as real ones; the factor may change any time.

    Only the idle and the duration cut follow it. The integration time-out does not, as the functions run in
    real time; nor do time stamps and throttling.
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
        self._factor = _checked(factor)
        self._base = 0.0
        self._since = monotonic()

    @property
    def factor(self) -> float:
        return self._factor

    def set_factor(self, factor: float) -> None:
        """Change the pace from now on; raises ValueError where it is not above zero."""
        checked = _checked(factor)
        self._base, self._since = self.scaled(), self.monotonic()
        self._factor = checked

    def scaled(self) -> float:
        return self._base + (self.monotonic() - self._since) * self._factor

    def real_delay(self, scaled_seconds: float) -> float:
        """How many real seconds these scaled seconds take at the present factor."""
        return max(0.0, scaled_seconds) / self._factor

    def epoch_ms(self) -> int:
        return int(self._wall() * 1000)


def _checked(factor: float) -> float:
    if not factor > 0:
        raise ValueError(f"time factor: {factor!r}; must be above 0")
    return factor


def request_time(epoch_ms: int) -> str:
    """A time as `requestContext.requestTime` has it: CLF, e.g. `19/Jan/2023:21:13:26 +0000`."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def iso_time(epoch_ms: int) -> str:
    """A time as GetConnection has it: ISO 8601 in UTC."""
    return (
        datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
