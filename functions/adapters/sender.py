"""The @connections client: many pushes a second from one small function.

Written because of what it saves: boto3 costs about twenty times the CPU time a push (benchmarks/fan_out.py).
Statuses: API Gateway Developer Guide, "Use @connections commands in your backend service", and the
PostToConnection and DeleteConnection pages of the management API's reference.
"""

import asyncio
import hashlib
import random
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

from adapters.http_pool import HttpPool, NoAnswerError
from adapters.signing import Credentials, Signer
from sessions.delivery import Delivery, Outcome, PushConfigurationError

THROTTLED = 429
SUCCESS_FAMILY = 2
SERVER_ERROR_FAMILY = 5

OUTCOMES = {
    400: Outcome.GONE,  # not an id that API Gateway gave out
    410: Outcome.GONE,
    413: Outcome.TOO_LARGE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderLimits:
    """Bounds on one push; times in seconds.

    A connection that never answers costs `attempts * attempt_timeout` and the waits between, at most.
    """

    concurrency: int = 64
    retrying: int = 192  # at a time, beside the first attempts; a function has 1,024 file descriptors
    attempts: int = 3
    connect_timeout: float = 1.5
    attempt_timeout: float = 1.5
    backoff: float = 0.1  # the first wait is drawn from 0 to this, each later one from twice as much
    backoff_limit: float = 1.0


class Sender:
    """Pushes to the connections of one WebSocket API stage at `callback_url`.

    `credentials` is asked at each call, so that rotated ones are used at once. One sender belongs to one
    event loop.
    """

    def __init__(
        self,
        callback_url: str,
        *,
        region: str,
        credentials: Callable[[], Credentials],
        limits: SenderLimits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        url = urlsplit(callback_url)
        self._base = url.path.rstrip("/")
        self._credentials = credentials
        self._limits = limits or SenderLimits()
        self._signer = Signer(host=url.netloc, region=region, service="execute-api")
        self._retrying = asyncio.Semaphore(self._limits.retrying)
        self._pool = HttpPool(url, connect_timeout=self._limits.connect_timeout, tls=tls)

    async def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """As `Pusher.deliver`; raises PushConfigurationError where no push could ever succeed."""
        return await self._carry_out("POST", deliveries)

    async def disconnect(self, connection_ids: Sequence[str]) -> None:
        """As `Pusher.disconnect`."""
        await self._carry_out("DELETE", [Delivery(connection_id, (b"",)) for connection_id in connection_ids])

    def close(self) -> None:
        """Close the connections that are kept."""
        self._pool.close()

    async def _carry_out(self, method: str, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """First attempts by a few workers; what has to be tried again leaves them, to be in nobody's way."""
        outcomes = [Outcome.DELIVERED] * len(deliveries)
        credentials = self._credentials()
        waiting = iter(enumerate(deliveries))

        async def work() -> None:
            for index, delivery in waiting:
                path = _connection_path(self._base, delivery.connection_id)
                for sent, payload in enumerate(delivery.payloads):
                    outcome = await self._attempt(method, path, payload, credentials)
                    if outcome is None:
                        group.create_task(persist(index, path, delivery.payloads[sent:]))
                        break
                    if outcome is not Outcome.DELIVERED:
                        outcomes[index] = outcome
                        break

        async def persist(index: int, path: str, payloads: Sequence[bytes]) -> None:
            outcomes[index] = await self._persist(method, path, payloads, credentials)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._limits.concurrency, len(deliveries))):
                    group.create_task(work())
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return outcomes

    async def _persist(
        self, method: str, path: str, payloads: Sequence[bytes], credentials: Credentials
    ) -> Outcome:
        """Send `payloads` in order, the first of which has been tried once."""
        tried = 1
        for payload in payloads:
            for attempt in range(tried, self._limits.attempts):
                if attempt:
                    await asyncio.sleep(self._wait(attempt))
                async with self._retrying:
                    outcome = await self._attempt(method, path, payload, credentials)
                if outcome is not None:
                    break
            else:
                return Outcome.UNREACHABLE
            if outcome is not Outcome.DELIVERED:
                return outcome
            tried = 0
        return Outcome.DELIVERED

    async def _attempt(
        self, method: str, path: str, payload: bytes, credentials: Credentials
    ) -> Outcome | None:
        """One exchange; None where trying again may help."""
        headers = self._signer.headers(method, path, _payload_hash(payload), credentials, time.time())
        head = f"{method} {path} HTTP/1.1\r\n{headers}Content-Length: {len(payload)}\r\n\r\n"
        try:
            status = await self._pool.exchange(head.encode() + payload, self._limits.attempt_timeout)
        except NoAnswerError:
            return None
        except ssl.SSLError as error:
            raise PushConfigurationError(f"TLS to the management API failed: {error}") from error
        if status // 100 == SUCCESS_FAMILY:
            return Outcome.DELIVERED
        if status == THROTTLED or status // 100 == SERVER_ERROR_FAMILY:
            return None
        if status not in OUTCOMES:
            raise PushConfigurationError(f"the management API answered {status} to {method} @connections")
        return OUTCOMES[status]

    def _wait(self, attempt: int) -> float:
        """Full jitter: anything up to the doubling bound, in seconds."""
        bound = min(self._limits.backoff * 2 ** (attempt - 1), self._limits.backoff_limit)
        return random.uniform(0, bound)  # noqa: S311 -- spreads load, keeps no secret


class BlockingSender:
    """The sender for handlers, which are not coroutines: it keeps an event loop of its own between calls.

    Kept connections live as long as the loop, so that a warm function reuses them. The sender is made in
    the loop, at the first use.
    """

    def __init__(self, make: Callable[[], Sender]) -> None:
        self._make = make
        self._loop = asyncio.new_event_loop()
        self._sender: Sender | None = None

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """As `Pusher.deliver`; raises PushConfigurationError."""
        return self._loop.run_until_complete(self._current().deliver(deliveries)) if deliveries else []

    def disconnect(self, connection_ids: Sequence[str]) -> None:
        """As `Pusher.disconnect`; raises PushConfigurationError."""
        if connection_ids:
            self._loop.run_until_complete(self._current().disconnect(connection_ids))

    def close(self) -> None:
        """Close the connections and the loop."""
        if self._sender is not None:
            self._sender.close()
        self._loop.close()

    def _current(self) -> Sender:
        if self._sender is None:
            self._sender = self._make()
        return self._sender


@lru_cache(maxsize=4096)
def _connection_path(base: str, connection_id: str) -> str:
    return f"{base}/@connections/{quote(connection_id, safe='')}"


@lru_cache(maxsize=16)
def _payload_hash(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()
