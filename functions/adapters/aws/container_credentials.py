"""The credentials of a function with SnapStart, which a local endpoint provides and renews.

Such a function has the endpoint's address in its environment instead of a key pair (Lambda Developer Guide,
"Activating and managing Lambda SnapStart"; AWS SDKs and Tools Reference Guide, "Container credential
provider"). No other function imports this module.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from adapters.aws.credentials import Credentials, CredentialsUnavailableError
from adapters.http.blocking_pool import BlockingPool
from adapters.http.response import NoResponseError
from domain.deadline import request_deadline

TIMEOUT_SECONDS = 1.0
"""For the connection, and again for the response."""
ATTEMPTS = 3
"""As botocore makes them."""
PAUSE_SECONDS = 0.1
"""Between two attempts. The endpoint is on the function's own machine."""
RENEW_SECONDS = 300.0
"""How long before their expiry credentials are renewed."""
RETRY_SECONDS = 10.0
"""Shortest time between a renewal and the next one, while the credentials are valid."""

HTTP_OK = 200

FAULTS = (NoResponseError, ValueError, KeyError, TypeError)
"""Errors of an endpoint without a valid response."""


def container_credentials(url: str, authorization: str) -> "ContainerCredentials":
    """Return the credentials of an endpoint, which all clients of this instance share.

    A restored instance has another authorization, so that it uses no credentials of its snapshot.
    """
    with _sharing:
        return shared_credentials(url, authorization)


@dataclass(frozen=True, kw_only=True, slots=True)
class Provided:
    """Credentials of the endpoint, with the times in seconds since the epoch."""

    credentials: Credentials
    expires_at: float
    renew_at: float


class ContainerCredentials:
    """Asks the endpoint once, and again before the credentials expire. Threads may share it."""

    def __init__(
        self,
        url: str,
        authorization: str,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._authorization = authorization
        self._clock = clock
        self._sleep = sleep
        self._asking = Lock()
        self._provided: Provided | None = None

    def __call__(self) -> Credentials:
        """Return the credentials. Those that expire soon serve until the endpoint has new ones.

        One thread renews them, by one attempt; the others use the former ones meanwhile. Without valid
        credentials, all threads wait for one thread's attempts.

        Raises CredentialsUnavailableError.
        """
        provided, now = self._provided, self._clock()
        if provided is not None and now < provided.renew_at:
            return provided.credentials
        if provided is None or provided.expires_at <= now:
            self._asking.acquire()
        elif not self._asking.acquire(blocking=False):
            return provided.credentials
        try:
            self._provided = self._current()
            return self._provided.credentials
        finally:
            self._asking.release()

    def _current(self) -> Provided:
        """Return the credentials after asking for them, unless another thread has just done so."""
        provided, now = self._provided, self._clock()
        if provided is None or provided.expires_at <= now:
            try:
                return self._ask(ATTEMPTS)
            except FAULTS as error:
                raise CredentialsUnavailableError("the credentials could not be fetched") from error
        if now < provided.renew_at:
            return provided
        try:
            return self._ask(attempts=1)
        except FAULTS:
            return replace(provided, renew_at=self._pause_until(provided.expires_at))

    def _pause_until(self, expires_at: float) -> float:
        """Return when the endpoint is asked again at the earliest."""
        return min(self._clock() + RETRY_SECONDS, expires_at)

    def _ask(self, attempts: int) -> Provided:
        """Return the endpoint's credentials. Raises one of FAULTS."""
        document = self._fetch(attempts)
        expires_at = datetime.fromisoformat(document["Expiration"]).timestamp()
        return Provided(
            credentials=Credentials(
                access_key=document["AccessKeyId"],
                secret_key=document["SecretAccessKey"],
                token=document["Token"],
            ),
            expires_at=expires_at,
            renew_at=max(expires_at - RENEW_SECONDS, self._pause_until(expires_at)),
        )

    def _fetch(self, attempts: int) -> dict[str, Any]:
        """Return the endpoint's document. Raises NoResponseError and ValueError."""
        for _ in range(attempts - 1):
            try:
                return self._document()
            except (NoResponseError, ValueError):
                self._sleep(PAUSE_SECONDS)
        return self._document()

    def _document(self) -> dict[str, Any]:
        if request_deadline.remaining() < 2 * TIMEOUT_SECONDS:
            raise NoResponseError("the request's deadline leaves too little time to ask")
        parts = urlsplit(self._url)
        target = parts._replace(scheme="", netloc="").geturl() or "/"
        request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n"
        if self._authorization:
            request += f"Authorization: {self._authorization}\r\n"
        pool = BlockingPool(parts, connect_timeout=TIMEOUT_SECONDS)
        response = pool.exchange(f"{request}\r\n".encode("ascii"), TIMEOUT_SECONDS)
        pool.close()
        if response.status != HTTP_OK:
            raise ValueError(f"the endpoint responded {response.status}")
        return json.loads(response.body)


shared_credentials = lru_cache(maxsize=1)(ContainerCredentials)
_sharing = Lock()
"""Held while the cache is read, which by itself lets two threads create two readers."""
