"""The signatures of tokens, and the keys that verify them."""

import base64
import json

import jwt
import pytest

from adapters.token_verifier import (
    FAILED_FETCH_INTERVAL_SECONDS,
    FETCH_INTERVAL_SECONDS,
    MAX_KEY_SET_BYTES,
    JwksVerifier,
)
from domain.errors import UnauthorizedError, UnavailableError
from tests.support.aws_server import Reply, aws_server
from tests.support.session_driver import CLIENT, START
from tests.support.signing_keys import POOL, SigningKey, claims, key_set

OTHER, STRANGE = SigningKey("other"), SigningKey("pool")


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
def test_a_token_is_refused_if_its_keys_cannot_be_fetched(answer: bytes | Exception) -> None:
    keys = Keys(POOL)
    keys.answer = answer
    with pytest.raises((UnavailableError, UnauthorizedError)):
        keys.verifier().claims(POOL.sign(claims(START)))


def test_a_failed_fetch_is_not_repeated_at_once() -> None:
    """While the keys cannot be fetched, tokens with made-up key ids cause no flood of fetches."""
    keys = Keys(POOL)
    keys.answer = OSError("unreachable")
    verifier = keys.verifier()
    for _ in range(3):
        with pytest.raises(UnavailableError):
            verifier.claims(OTHER.sign(claims(START)))
    assert keys.asked == 1
    keys.now += FAILED_FETCH_INTERVAL_SECONDS
    keys.answer = None
    assert verifier.claims(POOL.sign(claims(START)))


def test_a_failed_fetch_keeps_the_earlier_keys() -> None:
    keys = Keys(POOL)
    verifier = keys.verifier()
    verifier.claims(POOL.sign(claims(START)))
    keys.now += FETCH_INTERVAL_SECONDS
    keys.answer = OSError("unreachable")
    with pytest.raises(UnavailableError):
        verifier.claims(OTHER.sign(claims(START)))
    assert verifier.claims(POOL.sign(claims(START)))


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


INVALID_TOKENS = {
    "empty": "",
    "no token": "token",
    "three dots": "...",
    "unsigned": f"{encoded({'alg': 'none', 'kid': 'pool'})}.{encoded(claims(START))}.",
    "signed with the public key as a secret": (
        f"{encoded({'alg': 'HS256', 'kid': 'pool'})}.{encoded(claims(START))}.c2lnbmF0dXJl"
    ),
    "another key of the same id": STRANGE.sign(claims(START)),
    "no key id": jwt.encode(claims(START), POOL.private, algorithm="RS256"),
    "a key id that is no text": f"{encoded({'alg': 'RS256', 'kid': 5})}.{encoded(claims(START))}.c2ln",
    "changed": POOL.sign(claims(START))[:-8] + "AAAAAAAA",
    "not an object": f"{encoded({'alg': 'RS256', 'kid': 'pool'})}.{encoded([1])}.c2ln",
    "two parts": "e30.e30",
    "a critical header parameter": jwt.encode(
        claims(START), POOL.private, algorithm="RS256", headers={"kid": "pool", "crit": ["exp"], "exp": 1}
    ),
    "nested deeply": f"{base64.urlsafe_b64encode(b'[' * 6000).decode()}..",
    "too long": "a" * 9000,
    "not ASCII": "é.ü.ö",
}


def test_a_key_that_is_unusable_hides_no_other() -> None:
    """A pool may publish keys of other kinds."""
    keys = Keys()
    (usable,) = json.loads(key_set(POOL))["keys"]
    others = [
        {"kty": "EC", "kid": "ec", "crv": "P-256", "x": "AA", "y": "AA"},
        {**usable, "kid": "short", "n": "AQAB"},
        {**usable, "kid": "malformed", "n": "!"},
        {**usable, "kid": None},
        "text",
    ]
    keys.answer = json.dumps({"keys": [*others, usable]}).encode()
    assert keys.verifier().claims(POOL.sign(claims(START)))


def test_keys_are_fetched_over_http() -> None:
    """From the URL as it is, with its query."""
    with aws_server() as server:
        server.replies = [Reply(document=json.loads(key_set(POOL)))]
        verifier = JwksVerifier(f"{server.url}/pool/.well-known/jwks.json?v=1")
        assert verifier.claims(POOL.sign(claims(START)))
        (asked,) = server.received
    assert (asked.method, asked.path) == ("GET", "/pool/.well-known/jwks.json?v=1")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=404),
        Reply(status=302, headers={"Location": "https://example.org"}),
        Reply(document={"keys": [], "padding": "x" * MAX_KEY_SET_BYTES}),
        Reply(document="<html>"),
        Reply(is_dropped=True),
    ],
)
def test_another_response_is_no_key_set(reply: Reply) -> None:
    with aws_server() as server:
        server.replies = [reply]
        with pytest.raises(UnavailableError):
            JwksVerifier(server.url).claims(POOL.sign(claims(START)))


@pytest.mark.parametrize("name", list(INVALID_TOKENS))
def test_invalid_tokens_are_refused(name: str) -> None:
    with pytest.raises(UnauthorizedError):
        Keys(POOL).verifier().claims(INVALID_TOKENS[name])
