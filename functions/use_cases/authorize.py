"""Authorizes $connect: a valid token, or anonymous access if the stack allows it."""

from dataclasses import dataclass

from domain.errors import UnauthorizedError
from domain.ports import Clock, TokenVerifier
from domain.settings import Settings
from domain.tokens import Identity, TokenRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorize:
    """Rejects an invalid token. It is never treated as anonymous access."""

    verifier: TokenVerifier
    rules: TokenRules
    settings: Settings
    clock: Clock

    def __call__(self, token: str | None) -> Identity | None:
        """Return the identity, or None for an anonymous listener.

        Raises UnauthorizedError, TokenExpiredError, and UnavailableError if the keys cannot be fetched.
        """
        if token is None:
            if self.settings.allow_anonymous:
                return None
            raise UnauthorizedError
        return self.rules.identity(self.verifier.claims(token), self.clock())
