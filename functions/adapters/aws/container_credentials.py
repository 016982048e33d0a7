"""The credentials of a function with SnapStart, which a local endpoint provides and renews.

Such a function has the endpoint's address in its environment instead of a key pair (Lambda Developer Guide,
"Activating and managing Lambda SnapStart"; AWS SDKs and Tools Reference Guide, "Container credential
provider"). No other function imports this module.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from adapters.aws.credentials import Credentials, CredentialsUnavailableError
from adapters.http.blocking_pool import BlockingPool
from adapters.http.response import NoResponseError

TIMEOUT_SECONDS = 1.0
ATTEMPTS = 3
"""As botocore makes them."""
PAUSE_SECONDS = 0.1
"""Between two attempts. The endpoint is on the function's own machine."""
RENEW_SECONDS = 300.0
"""How long before their expiry credentials are renewed."""
RETRY_SECONDS = 10.0
"""Shortest time between a renewal that failed and the next one, while the former credentials are valid."""

HTTP_OK = 200


@lru_cache(maxsize=1)
def container_credentials(url: str, authorization: str) -> "ContainerCredentials":
    """Return the credentials of an endpoint, which all clients of this instance share.

    A restored instance has another authorization, so that it uses no credentials of its snapshot.
    """
    return ContainerCredentials(url, authorization)


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
        self._provided: Credentials | None = None
        self._expires_at = 0.0
        self._renew_at = 0.0

    def __call__(self) -> Credentials:
        """Return the credentials. Those that expire soon serve until the endpoint has new ones.

        Raises CredentialsUnavailableError.
        """
        now = self._clock()
        if self._provided is not None and now < self._renew_at:
            return self._provided
        try:
            document = self._fetch()
            provided = Credentials(
                access_key=document["AccessKeyId"],
                secret_key=document["SecretAccessKey"],
                token=document["Token"],
            )
            expires_at = datetime.fromisoformat(document["Expiration"]).timestamp()
        except (NoResponseError, ValueError, KeyError, TypeError) as error:
            if self._provided is None or self._expires_at <= now:
                raise CredentialsUnavailableError("the credentials could not be fetched") from error
            self._renew_at = min(now + RETRY_SECONDS, self._expires_at)
            return self._provided
        self._provided, self._expires_at = provided, expires_at
        self._renew_at = expires_at - RENEW_SECONDS
        return provided

    def _fetch(self) -> dict[str, Any]:
        """Return the endpoint's document. Raises NoResponseError and ValueError."""
        for _ in range(ATTEMPTS - 1):
            try:
                return self._ask()
            except (NoResponseError, ValueError):
                self._sleep(PAUSE_SECONDS)
        return self._ask()

    def _ask(self) -> dict[str, Any]:
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
