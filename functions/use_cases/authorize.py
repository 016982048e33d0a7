"""Who may connect: whoever has a good token, and nobody in particular where the stack allows that."""

from dataclasses import dataclass

from domain.errors import UnauthorizedError
from domain.ports import Clock, TokenVerifier
from domain.settings import Settings
from domain.tokens import Identity, TokenRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorize:
    """A token that came and is not good is refused, never taken for none."""

    verifier: TokenVerifier
    rules: TokenRules
    settings: Settings
    clock: Clock

    def __call__(self, token: str | None) -> Identity | None:
        """The identity; none for an anonymous listener.

        Raises UnauthorizedError, TokenExpiredError, and UnavailableError if the keys cannot be had.
        """
        if token is None:
            if self.settings.allow_anonymous:
                return None
            raise UnauthorizedError
        return self.rules.identity(self.verifier.claims(token), self.clock())
