"""Whether a caller may manage connections: the emulator's own IAM verdict.

The signed request goes on to the emulator's `@connections` with the path and Host that were signed, so that
the signature holds. The emulator knows none of our connections: 403 means denied, anything else (410 as a
rule) that the caller was let through.

LocalStack knows `@connections` without API and stage only, and checks no signature: it is asked at that path.
Its answers carry the header `x-localstack`. Where it has no management API (501) nothing is enforced.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html
"""

import asyncio
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pulumi_local_aws.gateway.emulator_client import EmulatorAnswer, EmulatorClient
from pulumi_local_aws.gateway.runtime import LOG

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/|[?&]X-Amz-Credential=([^/%&]+)")
_MANAGEMENT = re.compile(r"^.*(/(?:@|%40)connections/)", re.IGNORECASE)
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
_LOCALSTACK = "x-localstack"
_NOT_CARRIED_OUT = 501


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementCall:
    """A call of `@connections` as it came; `raw_path` with its query string."""

    method: str
    raw_path: str
    host: str
    headers: Mapping[str, str]
    body: bytes
    api_id: str
    stage: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Allowed, or the error to answer with."""

    allowed: bool
    status: int = 200
    error_type: str = ""
    body: bytes = field(default=b"", repr=False)


class Permissions(Protocol):
    """The seam towards IAM; tests allow or deny by a function. Raises OSError where IAM cannot be asked."""

    async def verdict(self, call: ManagementCall) -> Verdict: ...


_UNSIGNED = Verdict(
    allowed=False,
    status=403,
    error_type="MissingAuthenticationTokenException",
    body=b'{"message":"Missing Authentication Token"}',
)


class EmulatorPermissions:
    """Asks the emulator once for each (credential, verb, API, stage), and keeps a yes for `keep` seconds.

    A fan-out makes thousands of calls with one credential. What is kept covers all connections of the stage,
    and signatures of further calls are not checked; a no is asked again each time.
    """

    def __init__(
        self, client: EmulatorClient, *, keep: float = 10.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._keep = keep
        self._now = now
        self._allowed: dict[tuple[str, str, str, str], float] = {}
        self._asking: dict[tuple[str, str, str, str], asyncio.Task[Verdict]] = {}

    async def verdict(self, call: ManagementCall) -> Verdict:
        credential = _credential(call)
        if not credential:
            return _UNSIGNED
        key = (credential, call.method, call.api_id, call.stage)
        if self._allowed.get(key, 0.0) > self._now():
            return Verdict(allowed=True)
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(call, key))
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(task)

    async def _ask(self, call: ManagementCall, key: tuple[str, str, str, str]) -> Verdict:
        headers = {name: value for name, value in call.headers.items() if name.lower() not in _HOP_BY_HOP}
        path = call.raw_path
        if not path.startswith("/_aws/execute-api/") and ".execute-api." not in call.host:
            path = "/_aws/execute-api" + path
        answer = await self._client.forward(call.method, path, headers, call.body, host=call.host)
        if _LOCALSTACK in answer.headers:
            path = _MANAGEMENT.sub(r"\1", call.raw_path)
            answer = await self._client.forward(call.method, path, headers, call.body)
        if answer.status == 403 or (answer.status == 400 and "AccessDenied" in _error_type(answer)):
            return _denied(answer)
        if answer.status == _NOT_CARRIED_OUT:
            LOG.warning("the emulator has no management API: every signed call of it is let through")
        elif answer.status >= 500:
            raise OSError(f"IAM verdict: {answer.problem}")
        self._forget()
        self._allowed[key] = self._now() + self._keep
        return Verdict(allowed=True)

    def _forget(self) -> None:
        """Drop what is out of date: each start of a function brings a new credential."""
        now = self._now()
        self._allowed = {key: until for key, until in self._allowed.items() if until > now}


def _error_type(answer: EmulatorAnswer) -> str:
    return answer.headers.get("x-amzn-errortype", "ForbiddenException")


def _denied(answer: EmulatorAnswer) -> Verdict:
    error_type = _error_type(answer)
    return Verdict(allowed=False, status=403, error_type=error_type, body=answer.body)


def _credential(call: ManagementCall) -> str:
    """The access key, with a digest of the session token; empty where the call is not signed."""
    found = _CREDENTIAL.search(call.headers.get("Authorization", "")) or _CREDENTIAL.search(call.raw_path)
    if found is None:
        return ""
    token = call.headers.get("X-Amz-Security-Token", "")
    return f"{found.group(1) or found.group(2)}:{hashlib.sha256(token.encode()).hexdigest()}"
