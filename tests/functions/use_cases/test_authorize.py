"""$connect is authorized with a valid token, or without one if the stack allows anonymous listeners."""

import pytest

from adapters.token_verifier import JwksVerifier
from domain.errors import UnauthorizedError
from domain.settings import Settings
from domain.tokens import TokenRules
from tests.support.session_driver import CLIENT, ISSUER, START
from tests.support.signing_keys import POOL, claims, key_set
from use_cases.authorize import Authorize


def test_anonymous_only_without_a_token_and_where_the_stack_allows_it() -> None:
    def authorize(*, allowed: bool) -> Authorize:
        settings = Settings(allow_anonymous=allowed)
        return Authorize(
            verifier=JwksVerifier("url", fetch=lambda _: key_set(POOL), clock=lambda: 0.0),
            rules=TokenRules(issuer=ISSUER, audience=frozenset([CLIENT])),
            settings=settings,
            clock=lambda: START,
        )

    assert authorize(allowed=True)(None) is None
    with pytest.raises(UnauthorizedError):
        authorize(allowed=False)(None)
    for allowed in (True, False):
        with pytest.raises(UnauthorizedError):
            authorize(allowed=allowed)("")
        assert authorize(allowed=allowed)(POOL.sign(claims(START)))
