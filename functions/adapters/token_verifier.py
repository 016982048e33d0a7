"""Signatures of tokens, by the pool's published keys (domain.ports.TokenVerifier).

Only this module imports the JWT library, since that weighs on a cold start.
"""

import json
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, cast

import jwt

from domain.errors import UnauthorizedError, UnavailableError

ALGORITHM = "RS256"
FETCH_TIMEOUT = 2.0
"""Seconds that fetching the keys may take before connecting fails."""
COOL_DOWN = 60.0
"""Seconds between two fetches for the sake of a key id that is not known: tokens with made-up ids cause no
storm of fetches."""
MAX_BYTES = 100_000
MAX_TOKEN = 8192

Fetch = Callable[[str], bytes]


def fetch_keys(url: str) -> bytes:
    """The key set at `url`. Raises OSError or HTTPException."""
    with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT) as answer:  # noqa: S310 -- the operator's own URL
        return cast(bytes, answer.read(MAX_BYTES))


class JwksVerifier:
    """Keys are kept while the function's instance lives, and fetched again for a key id that is not known."""

    def __init__(
        self, url: str, *, fetch: Fetch = fetch_keys, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, Any] = {}
        self._fetched_at: float | None = None
        self._jws = jwt.PyJWS(algorithms=[ALGORITHM])

    def claims(self, token: str) -> dict[str, Any]:
        """As in the port."""
        if len(token) > MAX_TOKEN:
            raise UnauthorizedError("The token is too long.")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != ALGORITHM or not isinstance(header.get("kid"), str):
                raise UnauthorizedError("The token is not signed as this pool signs.")
            payload = self._jws.decode(token, self._key(header["kid"]), algorithms=[ALGORITHM])
            claims = json.loads(payload)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise UnauthorizedError("The token is not good.") from error
        if not isinstance(claims, dict):
            raise UnauthorizedError("The token is not good.")
        return cast(dict[str, Any], claims)

    def _key(self, key_id: str) -> Any:
        if key_id not in self._keys and self._may_fetch():
            self._keys = self._fetched()
        if key_id not in self._keys:
            raise UnauthorizedError("The token is signed with a key that is not this pool's.")
        return self._keys[key_id]

    def _may_fetch(self) -> bool:
        return self._fetched_at is None or self._clock() - self._fetched_at >= COOL_DOWN

    def _fetched(self) -> dict[str, Any]:
        try:
            key_set = jwt.PyJWKSet.from_dict(json.loads(self._fetch(self._url)))
        except (OSError, HTTPException, ValueError, TypeError, AttributeError, jwt.PyJWTError) as error:
            raise UnavailableError("The keys to check the token with cannot be had.") from error
        self._fetched_at = self._clock()
        return {key.key_id: key.key for key in key_set.keys if key.key_id is not None}
