"""Which limits there are, by whom they count, and in what windows."""

from dataclasses import dataclass

from domain.digest import short_digest
from domain.errors import RateLimitedError
from domain.model import Limit
from domain.ports import RateLimits
from domain.settings import Limits

MINUTE = 60
HOUR = 3600


@dataclass(frozen=True, slots=True)
class LimitRules:
    """Makes the limits that the settings ask for; none while limits are switched off."""

    limits: Limits

    def sessions_of(self, subject: str, now: int) -> Limit | None:
        return self._limit("sessions", short_digest(subject), self.limits.sessions_per_hour, HOUR, now)

    def joins_from(self, address: str, now: int) -> Limit | None:
        """`address` is a digest already."""
        return self._limit("joins", address, self.limits.joins_per_minute, MINUTE, now)

    def connects_from(self, address: str, now: int) -> Limit | None:
        """`address` is a digest already."""
        return self._limit("connects", address, self.limits.connects_per_minute, MINUTE, now)

    def requests_of(self, who: str, now: int) -> Limit | None:
        """`who` is a connection's id; over HTTP the user's subject, or an address where there is no user."""
        return self._limit("requests", short_digest(who), self.limits.requests_per_minute, MINUTE, now)

    def _limit(self, kind: str, who: str, allowed: int, window: int, now: int) -> Limit | None:
        if not self.limits.enabled:
            return None
        number = now // window
        key = f"{kind}#{who}#{number}"
        return Limit(key=key, kind=kind, allowed=allowed, resets_at=(number + 1) * window)


def over(limit: Limit | None, now: int) -> RateLimitedError:
    """The refusal, with the seconds until the window is over."""
    return RateLimitedError(retry_after=max(1, limit.resets_at - now) if limit else None)


def take(rate_limits: RateLimits, limit: Limit | None, now: int) -> None:
    """Count one use. Raises RateLimitedError beyond the limit."""
    if limit is not None and not rate_limits.take(limit):
        raise over(limit, now)
