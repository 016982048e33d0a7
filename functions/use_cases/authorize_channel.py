"""Authorizes what clients of the audience's channel ask of its service."""

from dataclasses import dataclass
from enum import StrEnum

from domain.channel import ChannelTokens
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
        for any operation but connecting and subscribing, and RateLimitedError if the address that the token
        was issued to subscribes too often.
        """
        claims = self.tokens.verify(token)
        if claims is None:
            raise UnauthorizedError
        if operation == Operation.CONNECT:
            return
        if operation != Operation.SUBSCRIBE or channel != claims.channel:
            raise ForbiddenError
        now = self.clock()
        enforce(self.rate_limits, LimitRules(self.settings).subscriptions_from(claims.address, now), now)
