"""Verifies signatures of tokens with the pool's published keys (domain.ports.TokenVerifier).

Only this module imports the JWT library, which adds to a cold start.
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
FETCH_TIMEOUT_SECONDS = 2.0
FETCH_INTERVAL_SECONDS = 60.0
"""Shortest time between two fetches for unknown key ids, so that tokens with made-up ids cause no flood of
fetches."""
MAX_KEY_SET_BYTES = 100_000
MAX_TOKEN_CHARACTERS = 8192

Fetch = Callable[[str], bytes]


def fetch_keys(url: str) -> bytes:
    """Return the key set at `url`. Raises OSError or HTTPException."""
    with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT_SECONDS) as response:  # noqa: S310 -- the operator's own URL
        return cast(bytes, response.read(MAX_KEY_SET_BYTES))


class JwksVerifier:
    """Caches the keys in the function's instance, and fetches them again for an unknown key id."""

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
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise UnauthorizedError(f"The token exceeds {MAX_TOKEN_CHARACTERS} characters.")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != ALGORITHM or not isinstance(header.get("kid"), str):
                raise UnauthorizedError(f"The token must be signed with {ALGORITHM} and have a kid.")
            payload = self._jws.decode(token, self._key(header["kid"]), algorithms=[ALGORITHM])
            claims = json.loads(payload)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise UnauthorizedError("The token is invalid.") from error
        if not isinstance(claims, dict):
            raise UnauthorizedError("The token is invalid.")
        return cast(dict[str, Any], claims)

    def _key(self, key_id: str) -> Any:
        if key_id not in self._keys and self._may_fetch():
            self._keys = self._fetch_key_set()
        if key_id not in self._keys:
            raise UnauthorizedError("The token is signed with a key of another user pool.")
        return self._keys[key_id]

    def _may_fetch(self) -> bool:
        return self._fetched_at is None or self._clock() - self._fetched_at >= FETCH_INTERVAL_SECONDS

    def _fetch_key_set(self) -> dict[str, Any]:
        try:
            key_set = jwt.PyJWKSet.from_dict(json.loads(self._fetch(self._url)))
        except (OSError, HTTPException, ValueError, TypeError, AttributeError, jwt.PyJWTError) as error:
            raise UnavailableError("The signing keys could not be fetched; try again.") from error
        self._fetched_at = self._clock()
        return {key.key_id: key.key for key in key_set.keys if key.key_id is not None}
