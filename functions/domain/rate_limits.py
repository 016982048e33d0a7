"""The rate limits: what each one counts, by which key, and in which window.

Many people may share one address, such as the audience in a hall. Limits by address therefore scale with
`max_listeners`, and what only a guess does is counted apart from what everyone does.
"""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from domain.digest import short_digest
from domain.errors import RateLimitedError, UnavailableError
from domain.model import Caller, Limit, Session
from domain.ports import Metrics, RateLimits
from domain.settings import Settings

MINUTE_SECONDS = 60
HOUR_SECONDS = 3600

VISITS = 2
"""How often everyone in a hall may connect and join within a minute: they come, and return after a common
disconnect."""

CHANNEL_REQUESTS = 20
"""Ten attempts of one listener to subscribe to a channel, each of which connects and subscribes."""

MISTYPED_SHARE = 10
"""One listener in so many may mistype an id at the start of an hour."""

FLOOD_FACTOR = 2
"""A connection is disconnected once it has sent this many times its limit."""


@dataclass(frozen=True, slots=True)
class LimitRules:
    """Makes the limits that the settings ask for. Each is None while limits are switched off."""

    settings: Settings

    def sessions_of(self, subject: str, now: int) -> Limit | None:
        allowed = self.settings.limits.sessions_per_hour
        return self._window("sessions", short_digest(subject), allowed, HOUR_SECONDS, now)

    def joins_from(self, address: str, now: int) -> Limit | None:
        """`address` is a digest."""
        return self._window("joins", address, self._joins_per_minute, MINUTE_SECONDS, now)

    def subscriptions_from(self, address: str, now: int) -> Limit | None:
        """Subscriptions to channels: as many as joins. `address` is a digest."""
        return self._window("subscriptions", address, self._joins_per_minute, MINUTE_SECONDS, now)

    def subscriptions_to(self, session: str, now: int) -> Limit | None:
        """Subscriptions to all channels of a session, given by its digest.

        All of its listeners may subscribe and return at once, and once more in the hour.
        """
        at_once, per_hour = VISITS * self.settings.max_listeners, self.settings.max_listeners
        return self._bucket("sessionSubscriptions", session, at_once, per_hour, now=now)

    def channel_requests_of(self, connection: str, now: int) -> Limit | None:
        """Connections and subscriptions to channels with the tokens of one connection.

        `connection` is a digest.
        """
        return self._bucket("channelRequests", connection, CHANNEL_REQUESTS, CHANNEL_REQUESTS, now=now)

    def connects_from(self, address: str, now: int) -> Limit | None:
        """`address` is a digest."""
        allowed = self.settings.limits.connects_per_minute or 120 + VISITS * self.settings.max_listeners
        return self._window("connects", address, allowed, MINUTE_SECONDS, now)

    def requests_of(self, requester: str, now: int) -> Limit | None:
        """`requester` is a connection id, or over HTTP the user's subject."""
        allowed = self.settings.limits.requests_per_minute
        return self._window("requests", short_digest(requester), allowed, MINUTE_SECONDS, now)

    def requests_from(self, address: str, now: int) -> Limit | None:
        """All connections of an address together, and its requests over HTTP. `address` is a digest."""
        allowed = self.settings.limits.requests_per_minute + VISITS * self.settings.max_listeners
        return self._window("addressRequests", address, allowed, MINUTE_SECONDS, now)

    def failed_lookups_from(self, origin: str, now: int) -> Limit | None:
        """Look-ups and joins of sessions that do not exist. `origin` is a digest (`origin_of`)."""
        per_minute = self.settings.limits.failed_lookups_per_minute
        at_once = per_minute + self.settings.max_listeners // MISTYPED_SHARE
        limit = self._bucket("failedLookups", origin, at_once, per_minute * 60, now=now)
        return limit and replace(limit, retry_at=now + MINUTE_SECONDS)

    def replays_to(self, connection_id: str, messages: int, now: int) -> Limit | None:
        """All that is kept at once, and then as many as a session may publish."""
        at_once, per_hour = self.settings.log_max_count, self.settings.limits.messages_per_minute * 60
        return self._bucket("replays", short_digest(connection_id), at_once, per_hour, uses=messages, now=now)

    def replays_from(self, origin: str, messages: int, now: int) -> Limit | None:
        """Half of the hour's replays at once, and the others evenly. `origin` is a digest (`origin_of`)."""
        half = self.settings.limits.replays_per_listener * self.settings.max_listeners // 2
        at_once = max(half, self.settings.log_max_count)
        return self._bucket("originReplays", origin, at_once, half, uses=messages, now=now)

    @property
    def _joins_per_minute(self) -> int:
        return self.settings.limits.joins_per_minute or 60 + VISITS * self.settings.max_listeners

    def _window(self, kind: str, counted: str, allowed: int, window_seconds: int, now: int) -> Limit | None:
        """Return a limit of `allowed` uses in each window."""
        if not self.settings.limits.enabled:
            return None
        window = now // window_seconds
        ends_at = (window + 1) * window_seconds
        return Limit(
            key=f"{kind}#{counted}#{window}",
            kind=kind,
            allowed=allowed,
            retry_at=ends_at,
            window_ends_at=ends_at,
        )

    def _bucket(
        self, kind: str, counted: str, at_once: int, per_hour: int, *, now: int, uses: int = 1
    ) -> Limit | None:
        """Return a limit of `at_once` uses at the start of each hour, which grows by `per_hour` in it."""
        if not self.settings.limits.enabled:
            return None
        hour, elapsed = divmod(now, HOUR_SECONDS)
        wait = math.ceil(uses * HOUR_SECONDS / max(1, per_hour))
        return Limit(
            key=f"{kind}#{counted}#{hour}",
            kind=kind,
            allowed=at_once + per_hour * elapsed // HOUR_SECONDS,
            retry_at=now + min(wait, MINUTE_SECONDS),
            window_ends_at=(hour + 1) * HOUR_SECONDS,
            uses=uses,
        )


def origin_of(caller: Caller) -> str:
    """Return the digest of the user, or of the address if the client is anonymous."""
    return short_digest(caller.subject) if caller.subject else caller.address


def limit_exceeded(limit: Limit | None, now: int) -> RateLimitedError:
    """Return the error, with the seconds until a retry can succeed."""
    return RateLimitedError(retry_after=seconds_until_retry(limit, now) if limit else None)


def seconds_until_retry(limit: Limit, now: int) -> int:
    """Return the seconds after which a client that exceeds the limit may try again, at least 1."""
    return max(1, limit.retry_at - now)


def enforce(rate_limits: RateLimits, limit: Limit | None, now: int) -> None:
    """Count one request. Raises RateLimitedError beyond the limit."""
    if limit is not None and rate_limits.count(limit) > limit.allowed:
        raise limit_exceeded(limit, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupLimit:
    """Slows down guesses of session ids: look-ups that find nothing are counted by their origin.

    An origin beyond the limit may look up nothing, since the reply would show which guess is right. A client
    that names a session's epoch has been in it, so that it is no guess.
    """

    rate_limits: RateLimits
    settings: Settings

    def of(self, caller: Caller, now: int) -> Limit | None:
        """Return the limit, for a store to read its uses together with the session."""
        return LimitRules(self.settings).failed_lookups_from(origin_of(caller), now)

    def check(
        self, limit: Limit | None, uses: int, session: Session | None, now: int, epoch: str | None = None
    ) -> None:
        """Raise RateLimitedError for an origin that has looked up too many sessions that do not exist."""
        if limit is None or uses < limit.allowed:
            return
        if session is None or epoch is None or session.epoch != epoch:
            raise limit_exceeded(limit, now)

    def count_failure(self, limit: Limit | None) -> None:
        """Count a look-up of a session that does not exist."""
        if limit is not None:
            self.rate_limits.count(limit)


class RequestLimitExceededError(RateLimitedError):
    """The connection, the user or the address exceeded the limit of requests. The request was counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimit:
    """The limit that every request counts towards, apart from those with a limit of their own."""

    rate_limits: RateLimits
    settings: Settings
    disconnect: Callable[[str], object]
    """Closes a connection that goes on far beyond its limit."""
    metrics: Metrics

    def __call__(self, caller: Caller, now: int) -> None:
        """Count one request. Raises RequestLimitExceededError beyond the limit.

        An anonymous request counts for its address first. While the address as a whole has sent no more than
        one connection may, the connection need not be counted.
        """
        rules = LimitRules(self.settings)
        own = rules.requests_of(caller.connection_id or caller.subject or caller.address, now)
        if own is None:
            return
        shared = None if caller.subject else rules.requests_from(caller.address, now)
        if shared is not None:
            used = self.rate_limits.count(shared)
            self._check(caller, shared, used, now)
            if used <= own.allowed or caller.connection_id is None:
                return
        self._check(caller, own, self.rate_limits.count(own), now)

    def _check(self, caller: Caller, limit: Limit, used: int, now: int) -> None:
        if used <= limit.allowed:
            return
        if used > FLOOD_FACTOR * limit.allowed and caller.connection_id is not None:
            self.metrics.count("FloodDisconnected")
            with suppress(UnavailableError):  # the next request tries again
                self.disconnect(caller.connection_id)
        raise RequestLimitExceededError(retry_after=seconds_until_retry(limit, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayLimit:
    """Replays are paid for by the messages that they push. Each is one metered push of 32 KB at most.

    As with requests, the origin is counted first, and the connection only if the origin has used more than
    one connection may.
    """

    rate_limits: RateLimits
    settings: Settings

    def __call__(self, caller: Caller, messages: int, now: int) -> None:
        """Count the messages of a replay. Raises RateLimitedError if one of the limits has too few left."""
        rules = LimitRules(self.settings)
        shared = rules.replays_from(origin_of(caller), messages, now)
        own = rules.replays_to(caller.connection_id or "", messages, now)
        if shared is None or own is None:
            return
        used = self.rate_limits.count(shared)
        if used > shared.allowed:
            raise limit_exceeded(shared, now)
        if used > own.allowed:
            enforce(self.rate_limits, own, now)
