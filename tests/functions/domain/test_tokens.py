"""Which claims are accepted."""

import pytest

from domain.errors import SessionError, TokenExpiredError, UnauthorizedError
from domain.tokens import TokenRules
from tests.support.session_driver import CLIENT, ISSUER, START
from tests.support.signing_keys import claims

RULES = TokenRules(issuer=ISSUER, audience=frozenset([CLIENT]))


def test_an_id_token_and_an_access_token_are_accepted() -> None:
    id_token = claims(START)
    access_token = claims(START, token_use="access", aud=None, client_id=CLIENT)
    for good in (id_token, access_token):
        identity = RULES.identity(good, START)
        assert (identity.subject, identity.expires_at) == (good["sub"], START + 3600)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": "https://elsewhere"}, UnauthorizedError),
        ({"iss": None}, UnauthorizedError),
        ({"aud": "another"}, UnauthorizedError),
        ({"aud": None}, UnauthorizedError),
        ({"aud": [CLIENT, "another"]}, UnauthorizedError),
        ({"aud": None, "client_id": CLIENT}, UnauthorizedError),
        ({"token_use": "access"}, UnauthorizedError),
        ({"token_use": "refresh"}, UnauthorizedError),
        ({"token_use": None}, UnauthorizedError),
        ({"exp": None}, UnauthorizedError),
        ({"exp": "1800003600"}, UnauthorizedError),
        ({"exp": True}, UnauthorizedError),
        ({"exp": float("inf")}, UnauthorizedError),
        ({"exp": float("nan")}, UnauthorizedError),
        ({"exp": START}, TokenExpiredError),
        ({"exp": START - 1}, TokenExpiredError),
        ({"nbf": START + 1}, UnauthorizedError),
        ({"nbf": "soon"}, UnauthorizedError),
        ({"sub": None}, UnauthorizedError),
        ({"sub": ""}, UnauthorizedError),
        ({"sub": 7}, UnauthorizedError),
    ],
)
def test_claims_that_are_refused(changes: dict[str, object], error: type[SessionError]) -> None:
    with pytest.raises(error):
        RULES.identity(claims(START, **changes), START)


OIDC = TokenRules(issuer=ISSUER, audience=frozenset([CLIENT, "api"]), cognito=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": CLIENT},
        {"aud": "api"},
        {"aud": ["https://other", "api"]},
        {"aud": None, "client_id": CLIENT},
    ],
)
def test_a_token_of_an_oidc_issuer_names_its_audience_without_a_use(changes: dict[str, object]) -> None:
    identity = OIDC.identity(claims(START, token_use=None, **changes), START)
    assert identity.expires_at == START + 3600


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"aud": []},
        {"aud": [None, 7]},
        {"aud": None},
        {"aud": {"api": 1}},
        {"aud": "another", "client_id": CLIENT},
        {"iss": "https://elsewhere"},
        {"exp": None},
    ],
)
def test_a_token_of_an_oidc_issuer_for_others_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(UnauthorizedError):
        OIDC.identity(claims(START, token_use=None, **changes), START)
