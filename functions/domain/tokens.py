"""Checks the claims of a token: id and access tokens of one issuer, for certain clients.

Sources: Amazon Cognito Developer Guide, "Verifying JSON web tokens"; OpenID Connect Core 1.0, 3.1.3.7.
"""

from dataclasses import dataclass
from typing import Any, cast

from domain.errors import TokenExpiredError, UnauthorizedError

TOKEN_USES = frozenset({"id", "access"})
"""Values of `token_use` in tokens of Cognito that are accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The subject of a token, and its expiry."""

    subject: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """The issuer and the audience whose tokens are accepted."""

    issuer: str
    audience: frozenset[str]
    """Client ids, or the identifiers of an API."""
    cognito: bool = True
    """Whether the issuer is a Cognito user pool, whose tokens name their use in `token_use`."""

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
        """Return whether the token is for a client of the audience."""
        named = _cognito_client(claims) if self.cognito else _clients(claims)
        return any(isinstance(client, str) and client in self.audience for client in named)


def _cognito_client(claims: dict[str, Any]) -> list[object]:
    """Return the client: the audience of an id token, the `client_id` of an access token."""
    match claims.get("token_use"):
        case "id":
            return [claims.get("aud")]
        case "access":
            return [claims.get("client_id")]
        case _:
            return []


def _clients(claims: dict[str, Any]) -> list[object]:
    """Return `aud`, which may be a list, or `client_id` if there is no `aud`, as API Gateway does."""
    named = claims.get("aud", claims.get("client_id"))
    return cast(list[object], named) if isinstance(named, list) else [named]


def _seconds(value: object) -> int | None:
    """Return a time claim, which may have a fraction, or None if it is invalid."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 < value < 1e12 else None
