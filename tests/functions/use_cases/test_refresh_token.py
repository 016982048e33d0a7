"""refreshToken: whose token replaces which."""

import pytest

from domain.errors import (
    ForbiddenError,
    TokenExpiredError,
)
from tests.support.session_driver import CLIENT, ISSUER, START, UseCaseDriver


@staticmethod
def token(driver: UseCaseDriver, subject: str, expires_at: int) -> str:
    claims = {"iss": ISSUER, "sub": subject, "exp": expires_at, "token_use": "id", "aud": CLIENT}
    driver.token_verifier.known["token"] = claims
    return "token"


def test_permissions_last_as_long_as_the_newer_token(driver: UseCaseDriver) -> None:
    speaker = driver.connect("user", token_expires_at=START + 10)
    driver.create(speaker)
    driver.now += 20
    with pytest.raises(TokenExpiredError):
        driver.update(speaker, quality="premium")
    reply = driver.refresh(speaker, token(driver, "user", START + 3600))
    assert reply == {"type": "tokenRefreshed", "expiresAt": "2027-01-15T09:00:00Z"}
    driver.update(speaker, quality="premium")


@pytest.mark.parametrize("subject", ["other", None])
def test_a_connection_keeps_its_user(driver: UseCaseDriver, subject: str | None) -> None:
    connection_id = driver.connect(subject)
    with pytest.raises(ForbiddenError):
        driver.refresh(connection_id, token(driver, "user", START + 3600))


def test_an_expired_token_is_refused(driver: UseCaseDriver) -> None:
    with pytest.raises(TokenExpiredError):
        driver.refresh(driver.connect("user"), token(driver, "user", START))
