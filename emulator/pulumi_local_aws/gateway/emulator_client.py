"""Signed HTTP calls to the emulator: asynchronous, over kept connections, hence many at once.

boto3 would need a thread for each call in flight; a gateway with 1,000 connections has as many.
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

# Shorter than the 5 s after which MiniStack drops an idle connection: a call never meets a dying one.
_KEEP_ALIVE_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorAddress:
    """Where the emulator is and who calls it."""

    endpoint_url: str
    region: str = "us-east-1"
    access_key: str = "test"
    secret_key: str = field(default="test", repr=False)


@dataclass(frozen=True, slots=True)
class EmulatorAnswer:
    """One HTTP answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> str:
        """The status with what the emulator says of it: LocalStack names what its edition lacks."""
        try:
            body: Mapping[str, object] = as_object(parse(self.body))
        except ValueError:
            body = {}
        said = text(body.get("message")) or text(body.get("Message"))
        return f"HTTP {self.status}: {said[:300]}" if said else f"HTTP {self.status}"


class EmulatorClient:
    """An async context manager. Calls raise OSError where the emulator does not answer."""

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
    ) -> EmulatorAnswer:
        """A call signed with the gateway's own key; `path` is percent-encoded and may carry a query."""
        url = self.address.endpoint_url + path
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers or {}))
        SigV4Auth(self._credentials, service, self.address.region).add_auth(request)
        return await self.forward(method, path, dict(request.headers.items()), body)

    async def forward(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, host: str | None = None
    ) -> EmulatorAnswer:
        """A call as it is, for instance one that somebody else signed; `host` replaces the Host header."""
        if self._session is None:
            raise RuntimeError("the emulator client is not open")
        sent = {**headers, "Host": host} if host else headers
        url = URL(self.address.endpoint_url + path, encoded=True)
        try:
            async with self._session.request(
                method, url, headers=sent, data=body or None, allow_redirects=False
            ) as answer:
                lowered = {name.lower(): value for name, value in answer.headers.items()}
                return EmulatorAnswer(answer.status, lowered, await answer.read())
        except aiohttp.ClientError as error:
            raise OSError(f"the emulator does not answer: {type(error).__name__}") from error
