"""The rate limits: what each one counts, by which key, and in which window."""

from dataclasses import dataclass

from domain.digest import short_digest
from domain.errors import RateLimitedError
from domain.model import Limit
from domain.ports import RateLimits
from domain.settings import Limits

MINUTE_SECONDS = 60
HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class LimitRules:
    """Makes the limits that the settings ask for. Each is None while limits are switched off."""

    limits: Limits

    def sessions_of(self, subject: str, now: int) -> Limit | None:
        allowed = self.limits.sessions_per_hour
        return self._limit("sessions", short_digest(subject), allowed, HOUR_SECONDS, now)

    def joins_from(self, address: str, now: int) -> Limit | None:
        """`address` is a digest."""
        return self._limit("joins", address, self.limits.joins_per_minute, MINUTE_SECONDS, now)

    def connects_from(self, address: str, now: int) -> Limit | None:
        """`address` is a digest."""
        return self._limit("connects", address, self.limits.connects_per_minute, MINUTE_SECONDS, now)

    def requests_of(self, requester: str, now: int) -> Limit | None:
        """`requester` is a connection id, or over HTTP the user's subject or an address."""
        allowed = self.limits.requests_per_minute
        return self._limit("requests", short_digest(requester), allowed, MINUTE_SECONDS, now)

    def _limit(self, kind: str, counted: str, allowed: int, window_seconds: int, now: int) -> Limit | None:
        if not self.limits.enabled:
            return None
        window = now // window_seconds
        return Limit(
            key=f"{kind}#{counted}#{window}",
            kind=kind,
            allowed=allowed,
            resets_at=(window + 1) * window_seconds,
        )


def limit_exceeded(limit: Limit | None, now: int) -> RateLimitedError:
    """Return the error, with the seconds until the window ends."""
    return RateLimitedError(retry_after=max(1, limit.resets_at - now) if limit else None)


def enforce(rate_limits: RateLimits, limit: Limit | None, now: int) -> None:
    """Count one use. Raises RateLimitedError beyond the limit."""
    if limit is not None and not rate_limits.take(limit):
        raise limit_exceeded(limit, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimit:
    """The limit that every request counts towards, apart from those with a limit of their own."""

    rate_limits: RateLimits
    limits: Limits

    def __call__(self, requester: str, now: int) -> None:
        """Count one request (see LimitRules.requests_of). Raises RateLimitedError beyond the limit."""
        enforce(self.rate_limits, LimitRules(self.limits).requests_of(requester, now), now)
