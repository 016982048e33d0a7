"""The @connections client: many pushes a second from one small function.

boto3 takes about twenty times the CPU time a push (benchmarks/fan_out.py, docs/adr).
Statuses: API Gateway Developer Guide, "Use @connections commands in your backend service", and the
PostToConnection and DeleteConnection pages of the management API's reference.
"""

import asyncio
import hashlib
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from urllib.parse import quote, urlsplit

from adapters.aws.credentials import Credentials, CredentialsUnavailableError
from adapters.aws.sigv4 import Signer
from adapters.http.response import NoResponseError
from adapters.management_api.connection_pool import HttpPool
from adapters.management_api.sender_limits import SenderLimits
from domain.deadline import Deadline, request_deadline
from domain.delivery import Delivery, Outcome, PushConfigurationError

SUCCESS_FAMILY = 2
SERVER_ERROR_FAMILY = 5

OUTCOMES = {
    400: Outcome.GONE,  # an id that API Gateway never issued
    410: Outcome.GONE,
    413: Outcome.TOO_LARGE,
    429: Outcome.THROTTLED,  # the account's rate, or the client's buffer is full
}


class Sender:
    """Pushes to the connections of one WebSocket API stage at `callback_url`.

    `credentials` is called for each delivery, so that rotated ones are used at once. A sender belongs to one
    event loop.
    """

    def __init__(
        self,
        callback_url: str,
        *,
        region: str,
        credentials: Callable[[], Credentials],
        limits: SenderLimits | None = None,
        deadline: Deadline = request_deadline,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        url = urlsplit(callback_url)
        self._base = url.path.rstrip("/")
        self._credentials = credentials
        self._limits = limits or SenderLimits()
        self._deadline = deadline
        self._signer = Signer(host=url.netloc, region=region, service="execute-api")
        self._schedules = {
            Outcome.UNREACHABLE: self._limits.on_failure,
            Outcome.THROTTLED: self._limits.on_throttling,
        }
        self._retrying = asyncio.Semaphore(self._limits.max_concurrent_retries)
        self._pool = HttpPool(url, connect_timeout=self._limits.connect_timeout_seconds, tls=tls)

    async def deliver(self, deliveries: Sequence[Delivery], *, retry_throttled: bool = True) -> list[Outcome]:
        """As in the port Pusher."""
        until = self._last_start(self._limits.deliver_seconds)
        return await self._send_all("POST", deliveries, until, retry_throttled=retry_throttled)

    async def disconnect(self, connection_ids: Sequence[str]) -> list[Outcome]:
        """As in the port Pusher."""
        closings = [Delivery(connection_id, (b"",)) for connection_id in connection_ids]
        until = self._last_start(self._limits.disconnect_seconds)
        return await self._send_all("DELETE", closings, until, retry_throttled=True)

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def _last_start(self, seconds: float) -> float:
        """Return the time after which a call of `seconds` starts no attempt, so that it ends in time."""
        remaining = self._deadline.remaining() - self._limits.attempt_seconds
        return time.monotonic() + min(seconds, remaining)

    def _current_credentials(self) -> Credentials:
        try:
            return self._credentials()
        except CredentialsUnavailableError as error:
            raise PushConfigurationError(str(error)) from error

    async def _send_all(
        self, method: str, deliveries: Sequence[Delivery], until: float, *, retry_throttled: bool
    ) -> list[Outcome]:
        """Make first attempts by a few workers. A retry leaves its worker and delays no other delivery.

        Without `retry_throttled`, throttled deliveries wait until all first attempts have been made.
        """
        outcomes = [Outcome.DELIVERED] * len(deliveries)
        throttled: list[tuple[int, str, Sequence[bytes]]] = []
        credentials = self._current_credentials()
        queue = iter(enumerate(deliveries))

        async def attempt(path: str, payload: bytes) -> Outcome:
            if time.monotonic() >= until:
                return Outcome.OUT_OF_TIME
            return await self._attempt(method, path, payload, credentials)

        async def run_worker() -> None:
            for index, delivery in queue:
                path = _connection_path(self._base, delivery.connection_id)
                for sent, payload in enumerate(delivery.payloads):
                    outcome = await attempt(path, payload)
                    if outcome is Outcome.THROTTLED and not retry_throttled:
                        outcomes[index] = outcome
                        throttled.append((index, path, delivery.payloads[sent:]))
                        break
                    if outcome in self._schedules:
                        group.create_task(retry_delivery(index, path, delivery.payloads[sent:], outcome))
                        break
                    if outcome is not Outcome.DELIVERED:
                        outcomes[index] = outcome
                        break

        async def retry_delivery(index: int, path: str, payloads: Sequence[bytes], outcome: Outcome) -> None:
            """Send `payloads` in order. `outcome` is that of the first payload's first attempt."""
            for number, payload in enumerate(payloads):
                if number:
                    async with self._retrying:
                        outcome = await attempt(path, payload)
                outcome = await retry_payload(path, payload, outcome)
                if outcome is not Outcome.DELIVERED:
                    break
            outcomes[index] = outcome

        async def retry_payload(path: str, payload: bytes, outcome: Outcome) -> Outcome:
            """Retry one payload by the schedules, each of which counts its own kind of failure."""
            failures: Counter[Outcome] = Counter()
            while (schedule := self._schedules.get(outcome)) is not None:
                if outcome is Outcome.THROTTLED and not retry_throttled:
                    return outcome
                failures[outcome] += 1
                if failures[outcome] >= schedule.attempts:
                    return outcome
                wait = schedule.wait(failures[outcome])
                if time.monotonic() + wait >= until:
                    return outcome if outcome is Outcome.THROTTLED else Outcome.OUT_OF_TIME
                await asyncio.sleep(wait)
                async with self._retrying:
                    outcome = await attempt(path, payload)
            return outcome

        try:
            async with asyncio.TaskGroup() as group:
                first_attempts = [
                    group.create_task(run_worker())
                    for _ in range(min(self._limits.max_concurrent, len(deliveries)))
                ]
                if first_attempts and not retry_throttled:
                    await asyncio.wait(first_attempts)
                    retry_throttled = self._limits.is_account_throttled(len(throttled), len(deliveries))
                    for index, path, payloads in throttled if retry_throttled else ():
                        group.create_task(retry_delivery(index, path, payloads, Outcome.THROTTLED))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return outcomes

    async def _attempt(self, method: str, path: str, payload: bytes, credentials: Credentials) -> Outcome:
        """Make one request."""
        headers = self._signer.headers(method, path, _payload_hash(payload), credentials, time.time())
        head = f"{method} {path} HTTP/1.1\r\n{headers}Content-Length: {len(payload)}\r\n\r\n"
        try:
            status = await self._pool.exchange(head.encode() + payload, self._limits.response_timeout_seconds)
        except NoResponseError:
            return Outcome.UNREACHABLE
        except ssl.SSLError as error:
            raise PushConfigurationError(f"TLS to the management API failed: {error}") from error
        if status // 100 == SUCCESS_FAMILY:
            return Outcome.DELIVERED
        if status // 100 == SERVER_ERROR_FAMILY:
            return Outcome.UNREACHABLE
        if status not in OUTCOMES:
            raise PushConfigurationError(f"the management API responded {status} to {method} @connections")
        return OUTCOMES[status]


class BlockingSender:
    """The sender for handlers, which are not coroutines. It keeps an event loop of its own between calls.

    Idle connections live as long as the loop, so that a warm function reuses them. The sender is created in
    the loop at the first use.
    """

    def __init__(self, make: Callable[[], Sender]) -> None:
        self._make = make
        self._loop = asyncio.new_event_loop()
        self._sender: Sender | None = None

    def deliver(self, deliveries: Sequence[Delivery], *, retry_throttled: bool = True) -> list[Outcome]:
        """As in the port Pusher."""
        if not deliveries:
            return []
        return self._loop.run_until_complete(
            self._current().deliver(deliveries, retry_throttled=retry_throttled)
        )

    def disconnect(self, connection_ids: Sequence[str]) -> list[Outcome]:
        """As in the port Pusher."""
        return (
            self._loop.run_until_complete(self._current().disconnect(connection_ids))
            if connection_ids
            else []
        )

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
