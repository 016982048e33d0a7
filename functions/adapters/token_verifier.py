"""Verifies signatures of tokens with the pool's published keys (domain.ports.TokenVerifier).

A token is a JWS in compact form (RFC 7515) with the algorithm RS256 (RFC 7518, 3.3). Only this module imports
the cryptography library, which adds to a cold start.
"""

import base64
import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from adapters.http.blocking_pool import BlockingPool
from domain.errors import UnauthorizedError, UnavailableError

ALGORITHM = "RS256"
FETCH_TIMEOUT_SECONDS = 2.0
FETCH_INTERVAL_SECONDS = 60.0
"""Shortest time between two fetches for unknown key ids, so that tokens with made-up ids cause no flood of
fetches."""
FAILED_FETCH_INTERVAL_SECONDS = 5.0
"""Shortest time between a fetch that failed and the next one."""
MAX_KEY_SET_BYTES = 100_000
MAX_TOKEN_CHARACTERS = 8192
HTTP_OK = 200
KEYS_MISSING = "The signing keys could not be fetched; try again."

Fetch = Callable[[str], bytes]


def fetch_keys(url: str) -> bytes:
    """Return the key set at `url`. Raises OSError, and ValueError for any other response than 200."""
    parts = urlsplit(url)
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n\r\n"
    pool = BlockingPool(parts, connect_timeout=FETCH_TIMEOUT_SECONDS)
    response = pool.exchange(request.encode("ascii"), FETCH_TIMEOUT_SECONDS)
    pool.close()
    if response.status != HTTP_OK or len(response.body) > MAX_KEY_SET_BYTES:
        raise ValueError(f"the key set has status {response.status} and {len(response.body)} bytes")
    return response.body


class JwksVerifier:
    """Caches the keys in the function's instance, and fetches them again for an unknown key id."""

    def __init__(
        self, url: str, *, fetch: Fetch = fetch_keys, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, RSAPublicKey] = {}
        self._fetched_at: float | None = None
        self._failed_at: float | None = None

    def claims(self, token: str) -> dict[str, Any]:
        """As in the port."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise UnauthorizedError(f"The token exceeds {MAX_TOKEN_CHARACTERS} characters.")
        try:
            header_part, payload_part, signature_part = token.split(".")
            header = _object(_decode(header_part))
            if header.get("alg") != ALGORITHM or not isinstance(header.get("kid"), str):
                raise UnauthorizedError(f"The token must be signed with {ALGORITHM} and have a kid.")
            if "crit" in header:
                raise UnauthorizedError("The token has critical header parameters, which are unsupported.")
            signed = f"{header_part}.{payload_part}".encode("ascii")
            self._key(header["kid"]).verify(_decode(signature_part), signed, PKCS1v15(), SHA256())
            return _object(_decode(payload_part))
        except (InvalidSignature, ValueError, RecursionError) as error:
            raise UnauthorizedError("The token is invalid.") from error

    def _key(self, key_id: str) -> RSAPublicKey:
        if key_id not in self._keys and self._may_fetch():
            self._keys = self._fetch_key_set()
        if key_id not in self._keys:
            raise UnauthorizedError("The token is signed with a key of another user pool.")
        return self._keys[key_id]

    def _may_fetch(self) -> bool:
        return self._fetched_at is None or self._clock() - self._fetched_at >= FETCH_INTERVAL_SECONDS

    def _fetch_key_set(self) -> dict[str, RSAPublicKey]:
        if self._failed_at is not None and self._clock() - self._failed_at < FAILED_FETCH_INTERVAL_SECONDS:
            raise UnavailableError(KEYS_MISSING)
        try:
            keys = _keys(_object(self._fetch(self._url))["keys"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._failed_at = self._clock()
            raise UnavailableError(KEYS_MISSING) from error
        self._fetched_at = self._clock()
        return keys


def _keys(jwks: Iterable[object]) -> dict[str, RSAPublicKey]:
    """Return the usable RSA keys by id (RFC 7517, RFC 7518 6.3.1). Raises ValueError if there are none."""
    found: dict[str, RSAPublicKey] = {}
    for jwk in jwks:
        match jwk:
            case {"kty": "RSA", "kid": str(key_id), "n": str(modulus), "e": str(exponent)}:
                with suppress(ValueError):
                    numbers = RSAPublicNumbers(e=_integer(exponent), n=_integer(modulus))
                    found[key_id] = numbers.public_key()
            case _:
                pass
    if not found:
        raise ValueError("the key set has no usable RSA key")
    return found


def _integer(text: str) -> int:
    return int.from_bytes(_decode(text))


def _decode(text: str) -> bytes:
    """Decode base64url without padding. Raises ValueError."""
    padding = "=" * (-len(text) % 4)
    return base64.b64decode(f"{text}{padding}", altchars=b"-_", validate=True)


def _object(document: bytes) -> dict[str, Any]:
    """Parse a JSON object. Raises ValueError."""
    value: object = json.loads(document)
    match value:
        case dict():
            return cast(dict[str, Any], value)
        case _:
            raise ValueError("the document is not a JSON object")
