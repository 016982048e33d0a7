"""What a good token is, beyond its signature: Cognito's id and access tokens of one pool and one client.

Source: Amazon Cognito Developer Guide, "Verifying JSON web tokens".
"""

from dataclasses import dataclass
from typing import Any

from domain.errors import TokenExpiredError, UnauthorizedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a token speaks for, and until when."""

    subject: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """The pool's issuer and the client whose tokens are taken."""

    issuer: str
    client_id: str

    def identity(self, claims: dict[str, Any], now: int) -> Identity:
        """Raises TokenExpiredError, and UnauthorizedError for any other fault, never saying which value."""
        if claims.get("iss") != self.issuer:
            raise UnauthorizedError("The token is of another issuer.")
        if not self._is_for_client(claims):
            raise UnauthorizedError("The token is of another client, or of no use here.")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            raise UnauthorizedError("The token has no subject.")
        expires_at = _seconds(claims.get("exp"))
        if expires_at is None:
            raise UnauthorizedError("The token has no end.")
        if expires_at <= now:
            raise TokenExpiredError("The token has expired.")
        if "nbf" in claims and (_seconds(claims["nbf"]) is None or claims["nbf"] > now):
            raise UnauthorizedError("The token is not good yet.")
        return Identity(subject=subject, expires_at=expires_at)

    def _is_for_client(self, claims: dict[str, Any]) -> bool:
        """An id token names its client as its audience, an access token as its client."""
        match claims.get("token_use"):
            case "id":
                return claims.get("aud") == self.client_id
            case "access":
                return claims.get("client_id") == self.client_id
            case _:
                return False


def _seconds(value: object) -> int | None:
    """A time of a token, which may have a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 < value < 1e12 else None
