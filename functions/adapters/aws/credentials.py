"""The function's credentials, as Lambda provides them.

A function has a key pair in its environment. One with SnapStart has the address of a local endpoint instead,
whose credentials expire and are renewed (Lambda Developer Guide, "Security model for Lambda SnapStart";
AWS SDKs and Tools Reference Guide, "Container credential provider").
"""

import json
import os
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from adapters.http.blocking_pool import BlockingPool
from adapters.http.response import NoResponseError

TIMEOUT_SECONDS = 1.0
RENEW_SECONDS = 300.0
"""How long before their expiry credentials are renewed."""

HTTP_OK = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """A key pair, with the session token if it is a role's."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class CredentialsUnavailableError(OSError):
    """The function has no credentials, or the endpoint that provides them has no valid response."""


class LambdaCredentials:
    """Provides the credentials for a request. Rotated ones are used at once."""

    def __init__(self) -> None:
        self._provided: Credentials | None = None
        self._expires_at = 0.0

    def __call__(self) -> Credentials:
        """Return the credentials. Raises CredentialsUnavailableError."""
        environment = os.environ
        if "AWS_ACCESS_KEY_ID" in environment:
            return Credentials(
                access_key=environment["AWS_ACCESS_KEY_ID"],
                secret_key=environment["AWS_SECRET_ACCESS_KEY"],
                token=environment.get("AWS_SESSION_TOKEN") or None,
            )
        url = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if url is None:
            raise CredentialsUnavailableError(
                "the environment has neither AWS_ACCESS_KEY_ID nor AWS_CONTAINER_CREDENTIALS_FULL_URI"
            )
        return self._from_endpoint(url, environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", ""))

    def _from_endpoint(self, url: str, authorization: str) -> Credentials:
        """Return the credentials of the endpoint. Those that expire soon serve until it has new ones."""
        remaining = self._expires_at - time.time()
        if self._provided is not None and remaining > RENEW_SECONDS:
            return self._provided
        try:
            document = _fetch(url, authorization)
            self._provided = Credentials(
                access_key=document["AccessKeyId"],
                secret_key=document["SecretAccessKey"],
                token=document["Token"],
            )
            self._expires_at = datetime.fromisoformat(document["Expiration"]).timestamp()
        except (NoResponseError, ValueError, KeyError, TypeError) as error:
            if self._provided is None or remaining <= 0:
                raise CredentialsUnavailableError("the credentials could not be fetched") from error
        return self._provided


def _fetch(url: str, authorization: str) -> dict[str, Any]:
    """Return the endpoint's document. Raises NoResponseError and ValueError."""
    parts = urlsplit(url)
    target = parts._replace(scheme="", netloc="").geturl() or "/"
    request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: {authorization}\r\n\r\n"
    pool = BlockingPool(parts, connect_timeout=TIMEOUT_SECONDS)
    response = pool.exchange(request.encode(), TIMEOUT_SECONDS)
    pool.close()
    if response.status != HTTP_OK:
        raise ValueError(f"the endpoint responded {response.status}")
    return json.loads(response.body)
