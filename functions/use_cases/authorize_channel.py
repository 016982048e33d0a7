"""Authorizes what clients of the audience's channel ask of its service."""

from dataclasses import dataclass
from enum import StrEnum

from domain.channel import ChannelTokens, session_of
from domain.digest import short_digest
from domain.errors import ForbiddenError, UnauthorizedError
from domain.ports import Clock, RateLimits
from domain.rate_limits import LimitRules, enforce
from domain.settings import Settings


class Operation(StrEnum):
    """The operations of an Event API (AWS AppSync Events Developer Guide, "Configuring authorization and
    authentication to secure Event APIs")."""

    CONNECT = "EVENT_CONNECT"
    SUBSCRIBE = "EVENT_SUBSCRIBE"
    PUBLISH = "EVENT_PUBLISH"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeChannel:
    """A token admits to one channel, as a subscriber. Only the functions publish, by their roles."""

    tokens: ChannelTokens
    rate_limits: RateLimits
    settings: Settings
    clock: Clock

    def __call__(self, token: str, operation: str, channel: str) -> None:
        """Return if the operation is allowed.

        Raises UnauthorizedError for an invalid token, ForbiddenError for another channel than the token's and
        for any operation but connecting and subscribing, and RateLimitedError if the connection that the
        token was issued to connects or subscribes too often, or if its session or its address subscribes too
        often. A request beyond the limit of its connection counts towards no other limit.
        """
        claims = self.tokens.verify(token)
        if claims is None:
            raise UnauthorizedError
        is_subscription = operation == Operation.SUBSCRIBE and channel == claims.channel
        if operation != Operation.CONNECT and not is_subscription:
            raise ForbiddenError
        now, rules = self.clock(), LimitRules(self.settings)
        limits = [rules.channel_requests_of(claims.connection, now)]
        if is_subscription:
            limits += [
                rules.subscriptions_from(claims.address, now),
                rules.subscriptions_to(short_digest(session_of(channel)), now),
            ]
        for limit in limits:
            enforce(self.rate_limits, limit, now)
