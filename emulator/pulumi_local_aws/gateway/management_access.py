"""Decides whether a caller may use the management API, by the emulator's own IAM.

The signed request is forwarded to the emulator's `@connections` with the path and Host that were signed, so
the signature stays valid. The emulator knows none of our connections: 403 means denied, any other status
(usually 410) means allowed.

LocalStack has `@connections` without API and stage only, and checks no signature; it is asked at that path.
Its responses have the header `x-localstack`. An edition without the management API (501) enforces nothing.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html
"""

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pulumi_local_aws.gateway.emulator_client import EmulatorClient, EmulatorResponse

_LOGGER = logging.getLogger(__name__)
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/|[?&]X-Amz-Credential=([^/%&]+)")
_UP_TO_CONNECTIONS = re.compile(r"^.*(/(?:@|%40)connections/)", re.IGNORECASE)
_HOP_BY_HOP = {
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
}
_LOCALSTACK_HEADER = "x-localstack"
_NOT_IMPLEMENTED = 501


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementRequest:
    """A call of `@connections` as received; `raw_path` includes the query string."""

    method: str
    raw_path: str
    host: str
    headers: Mapping[str, str]
    body: bytes
    api_id: str
    stage: str


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """Allowed, or the error response for the caller."""

    is_allowed: bool
    status: int = 200
    error_type: str = ""
    body: bytes = field(default=b"", repr=False)


class ManagementAccess(Protocol):
    """The seam to IAM; tests allow or deny by a function."""

    async def decide(self, request: ManagementRequest) -> AccessDecision:
        """Return whether the call is allowed. Raises OSError if IAM is unavailable."""
        ...


_UNSIGNED = AccessDecision(
    is_allowed=False,
    status=403,
    error_type="MissingAuthenticationTokenException",
    body=b'{"message":"Missing Authentication Token"}',
)


class EmulatorManagementAccess:
    """Asks the emulator once for each (credential, verb, API, stage) and caches an allowed decision.

    A fan-out makes thousands of calls with one credential. A cached decision covers all connections of the
    stage, and signatures of further calls are not checked. A denied decision is not cached.
    """

    def __init__(
        self,
        client: EmulatorClient,
        *,
        cache_seconds: float = 10.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._cache_seconds = cache_seconds
        self._now = now
        self._allowed_until: dict[tuple[str, str, str, str], float] = {}
        self._pending: dict[tuple[str, str, str, str], asyncio.Task[AccessDecision]] = {}

    async def decide(self, request: ManagementRequest) -> AccessDecision:
        credential = _credential(request)
        if not credential:
            return _UNSIGNED
        key = (credential, request.method, request.api_id, request.stage)
        if self._allowed_until.get(key, 0.0) > self._now():
            return AccessDecision(is_allowed=True)
        task = self._pending.get(key)
        if task is None:
            task = self._pending[key] = asyncio.create_task(self._ask_emulator(request, key))
            task.add_done_callback(lambda _: self._pending.pop(key, None))
        return await asyncio.shield(task)

    async def _ask_emulator(
        self, request: ManagementRequest, key: tuple[str, str, str, str]
    ) -> AccessDecision:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        path = request.raw_path
        if not path.startswith("/_aws/execute-api/") and ".execute-api." not in request.host:
            path = "/_aws/execute-api" + path
        response = await self._client.forward(request.method, path, headers, request.body, host=request.host)
        if _LOCALSTACK_HEADER in response.headers:
            path = _UP_TO_CONNECTIONS.sub(r"\1", request.raw_path)
            response = await self._client.forward(request.method, path, headers, request.body)
        if response.status == 403 or (response.status == 400 and "AccessDenied" in _error_type(response)):
            return AccessDecision(
                is_allowed=False, status=403, error_type=_error_type(response), body=response.body
            )
        if response.status == _NOT_IMPLEMENTED:
            _LOGGER.warning("the emulator has no management API: every signed call is allowed")
        elif response.status >= 500:
            raise OSError(f"the emulator's IAM decision failed: {response.error_text}")
        self._remove_expired()
        self._allowed_until[key] = self._now() + self._cache_seconds
        return AccessDecision(is_allowed=True)

    def _remove_expired(self) -> None:
        """Remove expired decisions: each start of a function brings a new credential."""
        now = self._now()
        self._allowed_until = {key: until for key, until in self._allowed_until.items() if until > now}


def _error_type(response: EmulatorResponse) -> str:
    return response.headers.get("x-amzn-errortype", "ForbiddenException")


def _credential(request: ManagementRequest) -> str:
    """Return the access key and a digest of the session token, or "" if the call is unsigned."""
    found = _CREDENTIAL.search(request.headers.get("Authorization", "")) or _CREDENTIAL.search(
        request.raw_path
    )
    if found is None:
        return ""
    token = request.headers.get("X-Amz-Security-Token", "")
    return f"{found.group(1) or found.group(2)}:{hashlib.sha256(token.encode()).hexdigest()}"
