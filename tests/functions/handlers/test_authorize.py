"""Which tokens are good: their claims, their signatures, and where the keys come from."""

import base64
import json
import time
from typing import Any

import jwt
import pytest

from adapters.token_verifier import FETCH_INTERVAL_SECONDS, JwksVerifier
from domain.errors import SessionError, TokenExpiredError, UnauthorizedError, UnavailableError
from domain.settings import Settings
from domain.tokens import TokenRules
from tests.support import events
from tests.support.handler_driver import cold_start
from tests.support.session_driver import CLIENT, ISSUER, START
from tests.support.signing_keys import POOL, SigningKey, claims, key_set
from use_cases.authorize import Authorize

OTHER, STRANGE = SigningKey("other"), SigningKey("pool")

RULES = TokenRules(issuer=ISSUER, audience=frozenset([CLIENT]))


def test_an_id_token_and_an_access_token_are_good() -> None:
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


class Keys:
    """Serves a key set, or fails; counts how often it was asked."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = keys
        self.asked = 0
        self.now = 0.0
        self.answer: bytes | Exception | None = None

    def fetch(self, _: str) -> bytes:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if self.answer is not None else key_set(*self.keys)

    def verifier(self) -> JwksVerifier:
        return JwksVerifier("url", fetch=self.fetch, clock=lambda: self.now)


def test_keys_are_fetched_once() -> None:
    keys = Keys(POOL)
    verifier = keys.verifier()
    for _ in range(3):
        assert verifier.claims(POOL.sign(claims(START)))["aud"] == CLIENT
    assert keys.asked == 1


def test_an_unknown_key_id_fetches_again_once_in_a_cool_down() -> None:
    keys = Keys(POOL)
    verifier = keys.verifier()
    verifier.claims(POOL.sign(claims(START)))
    keys.keys = (POOL, OTHER)
    for _ in range(3):
        with pytest.raises(UnauthorizedError):
            verifier.claims(OTHER.sign(claims(START)))
    assert keys.asked == 1
    keys.now += FETCH_INTERVAL_SECONDS
    assert verifier.claims(OTHER.sign(claims(START)))
    assert verifier.claims(POOL.sign(claims(START)))
    assert keys.asked == 2


@pytest.mark.parametrize(
    "answer", [OSError("unreachable"), b"", b"[]", b"{}", b'{"keys": [{"kty": "?"}]}', b'{"keys": 5}']
)
def test_keys_that_cannot_be_had_refuse(answer: bytes | Exception) -> None:
    keys = Keys(POOL)
    keys.answer = answer
    with pytest.raises((UnavailableError, UnauthorizedError)):
        keys.verifier().claims(POOL.sign(claims(START)))


def test_a_failed_fetch_does_not_forget_the_keys_that_were_there() -> None:
    keys = Keys(POOL)
    verifier = keys.verifier()
    verifier.claims(POOL.sign(claims(START)))
    keys.now += FETCH_INTERVAL_SECONDS
    keys.answer = OSError("unreachable")
    with pytest.raises(UnavailableError):
        verifier.claims(OTHER.sign(claims(START)))
    assert verifier.claims(POOL.sign(claims(START)))


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


BAD_TOKENS = {
    "empty": "",
    "no token": "token",
    "three dots": "...",
    "unsigned": f"{part({'alg': 'none', 'kid': 'pool'})}.{part(claims(START))}.",
    "signed with the public key as a secret": (
        f"{part({'alg': 'HS256', 'kid': 'pool'})}.{part(claims(START))}.c2lnbmF0dXJl"
    ),
    "another key of the same id": STRANGE.sign(claims(START)),
    "no key id": jwt.encode(claims(START), POOL.private, algorithm="RS256"),
    "a key id that is no text": f"{part({'alg': 'RS256', 'kid': 5})}.{part(claims(START))}.c2ln",
    "changed": POOL.sign(claims(START))[:-8] + "AAAAAAAA",
    "not an object": f"{part({'alg': 'RS256', 'kid': 'pool'})}.{part([1])}.c2ln",
    "too long": "a" * 9000,
    "not ASCII": "é.ü.ö",
}


@pytest.mark.parametrize("name", list(BAD_TOKENS))
def test_bad_tokens_are_refused(name: str) -> None:
    with pytest.raises(UnauthorizedError):
        Keys(POOL).verifier().claims(BAD_TOKENS[name])


def test_anonymous_only_without_a_token_and_where_the_stack_allows_it() -> None:
    def authorize(*, allowed: bool) -> Authorize:
        settings = Settings(allow_anonymous=allowed)
        return Authorize(verifier=Keys(POOL).verifier(), rules=RULES, settings=settings, clock=lambda: START)

    assert authorize(allowed=True)(None) is None
    with pytest.raises(UnauthorizedError):
        authorize(allowed=False)(None)
    for allowed in (True, False):
        with pytest.raises(UnauthorizedError):
            authorize(allowed=allowed)("")
        assert authorize(allowed=allowed)(POOL.sign(claims(START)))


@pytest.fixture
def authorizer(jwks_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("JWKS_URL", jwks_url)
    monkeypatch.setenv("TOKEN_ISSUER", ISSUER)
    monkeypatch.setenv("TOKEN_AUDIENCE", CLIENT)
    monkeypatch.setenv("ISSUER_KIND", "cognito")
    monkeypatch.setenv("SETTINGS", "{}")
    return cold_start("authorize")


def effect(answer: dict[str, Any]) -> str:
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Resource"].endswith("/prod/$connect")
    return statement["Effect"]


def good_token() -> str:
    return POOL.sign(claims(int(time.time())))


@pytest.mark.parametrize("form", ["subprotocol", "header", "query"])
def test_a_good_token_is_let_in_in_each_form(authorizer: Any, form: str) -> None:
    token = good_token()
    event = {
        "subprotocol": events.handshake({"Sec-WebSocket-Protocol": f"websocket-sessions.v1, bearer.{token}"}),
        "header": events.handshake({"authorization": f"Bearer {token}"}),
        "query": events.handshake(query={"token": token}),
    }[form]
    answer = authorizer(event, None)
    assert effect(answer) == "Allow"
    assert answer["context"]["subject"] == answer["principalId"] == claims(0)["sub"]
    assert int(answer["context"]["tokenExpiresAt"]) > time.time()
    assert all(isinstance(value, str) for value in answer["context"].values())


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Authorization": "Bearer "}, {}),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, {}),
        ({"Sec-WebSocket-Protocol": "websocket-sessions.v1, bearer."}, {}),
        ({}, {"token": ""}),
        ({}, {"token": "x"}),
    ],
)
def test_a_token_that_is_there_and_not_good_is_never_taken_for_none(
    authorizer: Any, headers: dict[str, str], query: dict[str, str]
) -> None:
    assert effect(authorizer(events.handshake(headers, query), None)) == "Deny"


def test_without_a_token_the_caller_is_anonymous(authorizer: Any) -> None:
    answer = authorizer(events.handshake(), None)
    assert effect(answer) == "Allow"
    assert set(answer["context"]) == {"correlationId"}


def test_keys_that_cannot_be_fetched_deny(monkeypatch: pytest.MonkeyPatch, authorizer: Any) -> None:
    assert authorizer
    monkeypatch.setenv("JWKS_URL", "http://127.0.0.1:9/jwks.json")
    answer = cold_start("authorize")(events.handshake(query={"token": good_token()}), None)
    assert effect(answer) == "Deny"
