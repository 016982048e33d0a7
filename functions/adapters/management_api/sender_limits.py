"""Attempts, waits and concurrency of the sender."""

from dataclasses import dataclass

from domain.backoff import full_jitter
from domain.delivery import (
    CONNECT_TIMEOUT_SECONDS,
    DELIVER_SECONDS,
    DISCONNECT_SECONDS,
    RESPONSE_TIMEOUT_SECONDS,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RetrySchedule:
    """Attempts at one request, the first included, and the waits between them."""

    attempts: int
    first_wait_seconds: float
    max_wait_seconds: float

    def wait(self, attempt: int) -> float:
        """Return the wait after this many attempts, in seconds."""
        return full_jitter(attempt, self.first_wait_seconds, self.max_wait_seconds)


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderLimits:
    """Bounds of one call. domain/delivery.py has the longest time that a call takes."""

    max_concurrent: int = 64
    max_concurrent_retries: int = 192
    """Beside the first attempts. A function has 1,024 file descriptors."""
    on_failure: RetrySchedule = RetrySchedule(attempts=3, first_wait_seconds=0.1, max_wait_seconds=1.0)
    """After no response or a server error. The waits add up to 0.3 s at most."""
    on_throttling: RetrySchedule = RetrySchedule(attempts=6, first_wait_seconds=0.2, max_wait_seconds=2.0)
    """After 429. The account's quota recovers each second; the waits add up to 2.5 s on average, 5 s at
    most."""
    min_throttled: int = 10
    """Fewer throttled deliveries are taken for clients that do not read."""
    connect_timeout_seconds: float = CONNECT_TIMEOUT_SECONDS
    response_timeout_seconds: float = RESPONSE_TIMEOUT_SECONDS
    deliver_seconds: float = DELIVER_SECONDS
    """No attempt of `deliver` starts later than this after its start."""
    disconnect_seconds: float = DISCONNECT_SECONDS
    """The same for `disconnect`."""

    @property
    def attempt_seconds(self) -> float:
        """The longest time of one attempt."""
        return self.connect_timeout_seconds + self.response_timeout_seconds

    def is_account_throttled(self, throttled: int, deliveries: int) -> bool:
        """Return whether so many throttled deliveries mean that the account's rate is exceeded."""
        return throttled >= self.min_throttled and 2 * throttled > deliveries
