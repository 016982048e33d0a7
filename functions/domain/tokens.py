"""Checks the claims of a token: Cognito's id and access tokens of one user pool and one client.

Source: Amazon Cognito Developer Guide, "Verifying JSON web tokens".
"""

from dataclasses import dataclass
from typing import Any

from domain.errors import TokenExpiredError, UnauthorizedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The subject of a token, and its expiry."""

    subject: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """The user pool's issuer and the client whose tokens are accepted."""

    issuer: str
    client_id: str

    def identity(self, claims: dict[str, Any], now: int) -> Identity:
        """Return the identity. Raises TokenExpiredError, and UnauthorizedError for any other fault."""
        if claims.get("iss") != self.issuer:
            raise UnauthorizedError("The token has another issuer.")
        if not self._is_for_client(claims):
            raise UnauthorizedError("The token is of another client, or of another use than id and access.")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            raise UnauthorizedError("The token has no subject.")
        expires_at = _seconds(claims.get("exp"))
        if expires_at is None:
            raise UnauthorizedError("The token has no expiry.")
        if expires_at <= now:
            raise TokenExpiredError("The token has expired.")
        if "nbf" in claims and (_seconds(claims["nbf"]) is None or claims["nbf"] > now):
            raise UnauthorizedError("The token is not valid yet.")
        return Identity(subject=subject, expires_at=expires_at)

    def _is_for_client(self, claims: dict[str, Any]) -> bool:
        """Return whether the client matches: the audience of an id token, the client of an access token."""
        match claims.get("token_use"):
            case "id":
                return claims.get("aud") == self.client_id
            case "access":
                return claims.get("client_id") == self.client_id
            case _:
                return False


def _seconds(value: object) -> int | None:
    """Return a time claim, which may have a fraction, or None if it is invalid."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 < value < 1e12 else None
