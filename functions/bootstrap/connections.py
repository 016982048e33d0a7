"""Operations on connections, and on the tokens that they come with."""

# ruff: noqa: PLC0415

import os
from typing import TYPE_CHECKING

from bootstrap import clock, metrics, rate_limits, settings

if TYPE_CHECKING:
    from domain.ports import TokenVerifier
    from domain.tokens import TokenRules
    from use_cases.authorize import Authorize
    from use_cases.connect import Connect
    from use_cases.disconnect import Disconnect
    from use_cases.refresh_token import RefreshToken


def connect() -> "Connect":
    """For `$connect`."""
    from adapters.dynamodb.connection_store import DynamoConnections
    from use_cases.connect import Connect

    return Connect(
        connections=DynamoConnections(rate_limits()), settings=settings(), metrics=metrics(), clock=clock
    )


def disconnect() -> "Disconnect":
    """For `$disconnect`, which nobody repeats soon."""
    from adapters.dynamodb.client import PATIENT_TRIES

    return departed(closing_tries=PATIENT_TRIES)


def departed(*, closing_tries: int) -> "Disconnect":
    """For whatever finds a connection gone."""
    from adapters.dynamodb.connection_store import DynamoConnections
    from use_cases.disconnect import Disconnect

    return Disconnect(
        connections=DynamoConnections(rate_limits(), closing_tries=closing_tries),
        settings=settings(),
        metrics=metrics(),
        clock=clock,
    )


def authorize() -> "Authorize":
    """For the authorizer of `$connect`."""
    from use_cases.authorize import Authorize

    return Authorize(verifier=verifier(), rules=token_rules(), settings=settings(), clock=clock)


def refresh_token() -> "RefreshToken":
    """For refreshToken."""
    from adapters.dynamodb.connection_store import DynamoConnections
    from use_cases.refresh_token import RefreshToken

    limits = rate_limits()
    return RefreshToken(
        connections=DynamoConnections(limits),
        rate_limits=limits,
        verifier=verifier(),
        rules=token_rules(),
        settings=settings(),
        clock=clock,
    )


def verifier() -> "TokenVerifier":
    """Checks signatures with the keys at JWKS_URL, or else at the issuer's own address."""
    from adapters.token_verifier import JwksVerifier

    issuer = os.environ["TOKEN_ISSUER"]
    return JwksVerifier(os.environ.get("JWKS_URL") or f"{issuer}/.well-known/jwks.json")


def token_rules() -> "TokenRules":
    """The pool and the client whose tokens are good."""
    from domain.tokens import TokenRules

    return TokenRules(issuer=os.environ["TOKEN_ISSUER"], client_id=os.environ["USER_POOL_CLIENT_ID"])
