"""Sends signed HTTP calls to the emulator, asynchronously and over persistent connections.

boto3 needs a thread for each call in flight, and a gateway with 1,000 connections may have as many calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from yarl import URL

from pulumi_local_aws.gateway.json_access import as_object, parse, text

# MiniStack closes an idle connection after 5 s; a shorter time avoids calls on a connection that is closing.
_KEEP_ALIVE_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorAddress:
    """The emulator's endpoint and Region, and the key pair of the caller."""

    endpoint_url: str
    region: str = "us-east-1"
    access_key: str = "test"
    secret_key: str = field(default="test", repr=False)


@dataclass(frozen=True, slots=True)
class EmulatorResponse:
    """One HTTP response; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error_text(self) -> str:
        """The status and the emulator's message; LocalStack names the service that its edition lacks."""
        try:
            body: Mapping[str, object] = as_object(parse(self.body))
        except ValueError:
            body = {}
        message = text(body.get("message")) or text(body.get("Message"))
        return f"HTTP {self.status}: {message[:300]}" if message else f"HTTP {self.status}"


class EmulatorClient:
    """An async context manager. Calls raise OSError if the emulator does not respond."""

    def __init__(self, address: EmulatorAddress) -> None:
        self.address = address
        self._credentials = Credentials(address.access_key, address.secret_key)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
            auto_decompress=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> EmulatorResponse:
        """Send a call signed with the gateway's own key; `path` is percent-encoded, with its query string."""
        url = self.address.endpoint_url + path
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers or {}))
        SigV4Auth(self._credentials, service, self.address.region).add_auth(request)
        return await self.forward(method, path, dict(request.headers.items()), body)

    async def forward(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, host: str | None = None
    ) -> EmulatorResponse:
        """Send a call unchanged, for example one that the caller signed; `host` replaces the Host header."""
        if self._session is None:
            raise RuntimeError("the emulator client is not open")
        sent = {**headers, "Host": host} if host else headers
        url = URL(self.address.endpoint_url + path, encoded=True)
        try:
            async with self._session.request(
                method, url, headers=sent, data=body or None, allow_redirects=False
            ) as response:
                lowered = {name.lower(): value for name, value in response.headers.items()}
                return EmulatorResponse(response.status, lowered, await response.read())
        except aiohttp.ClientError as error:
            raise OSError(f"the emulator does not respond: {type(error).__name__}") from error
