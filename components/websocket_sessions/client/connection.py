"""A connection that outlives its WebSockets: it reconnects after a loss, and hands over before a limit."""

import asyncio
import contextlib
import math
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from enum import Enum
from typing import Any

from websocket_sessions.client.errors import SessionError
from websocket_sessions.client.socket import Reply, Socket, new_request_id
from websocket_sessions.client.timings import Timings
from websocket_sessions.client.tokens import TokenProvider, expires_at, lifetime, request_token

MAX_WAITING_REQUESTS = 64
"""Requests that may wait for the connection at once; a further one raises QUEUE_FULL."""

MAX_HELD_PUSHES = 1000
"""Messages held until the first receiver registers. A push can overtake the reply that names the session."""

SPEAKER_ACTIONS = frozenset({"publish", "updateSession", "endSession"})
"""Actions that only the session's present speaker may send."""

TOKEN_CODES = frozenset({"UNAUTHORIZED", "TOKEN_EXPIRED"})


class ConnectionState(Enum):
    """What the connection does now."""

    CONNECTING = "connecting"
    OPEN = "open"
    HANDING_OVER = "handingOver"
    WAITING_TO_RETRY = "waitingToRetry"
    CLOSED = "closed"


class Connection:
    """Sends requests on the open WebSocket, and calls `attach` first on each new one.

    `attach` gets the socket and whether another one is still open, which the new one will replace. It raises
    SessionError if attaching fails.
    """

    def __init__(
        self,
        *,
        url: str,
        token: TokenProvider | None,
        timings: Timings,
        attach: Callable[[Socket, bool], Awaitable[None]],
        on_state: Callable[[ConnectionState], None] | None = None,
    ) -> None:
        """Prepare a connection; `start` opens it."""
        self.timings = timings
        self.state = ConnectionState.CONNECTING
        self.error: BaseException | None = None
        """Why the connection closed; None if the application closed it."""
        self._url = url
        self._provider = token
        self._attach = attach
        self._receiver: Callable[[Reply], None] | None = None
        self._held: deque[Reply] = deque(maxlen=MAX_HELD_PUSHES)
        self._on_state = on_state
        self._changed = asyncio.Condition()
        self._current: Socket | None = None
        self._sockets: set[Socket] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._notifying: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._has_been_open = False
        self._token: str | None = None
        self._clock_skew = 0.0
        self._refresh: asyncio.Task[None] | None = None
        self._refresh_now = asyncio.Event()
        self._retry_now = asyncio.Event()

    def deliver_to(self, receiver: Callable[[Reply], None]) -> None:
        """Pass every message that answers no request to `receiver`, and first those that arrived before."""
        self._receiver = receiver
        while self._held:
            receiver(self._held.popleft())

    def start(self) -> None:
        """Begin to connect; `wait_open` waits for the outcome."""
        self._spawn(self._run())
        if self._provider is not None:
            self._spawn(self._keep_token_fresh())

    def reconnect(self) -> None:
        """Connect now if the state is WAITING_TO_RETRY; do nothing otherwise."""
        self._retry_now.set()

    async def wait_open(self) -> None:
        """Wait until the connection has been open once.

        Raises the error that closed it before that, or SessionError CLOSED.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._has_been_open or self.state is ConnectionState.CLOSED)
        if not self._has_been_open:
            self._raise_if_closed()

    async def wait_closed(self) -> None:
        """Wait until the connection is closed; `error` then has the reason."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.state is ConnectionState.CLOSED)

    def close(self, error: BaseException | None = None) -> None:
        """Close permanently; pending requests raise the error."""
        if self.state is ConnectionState.CLOSED:
            return
        self.error = error
        for socket in self._sockets:
            socket.close()
        self._set_state(ConnectionState.CLOSED)
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()

    def abort_socket(self) -> None:
        """Drop the open WebSocket without a close frame, as a lost network does, and reconnect."""
        if self._current is not None:
            self._current.abort()

    async def aclose(self) -> None:
        """Close and wait until every task and socket has ended."""
        self.close()
        for socket in list(self._sockets):
            await socket.wait_closed()
        current = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not current]
        if tasks:
            await asyncio.wait(tasks, timeout=2 * self.timings.drain_seconds)

    async def request(self, message: Mapping[str, Any], *, timeout_seconds: float | None = None) -> Reply:
        """Send a request, repeat it until a reply arrives, and return the reply.

        A request without a reply, or answered with UNAVAILABLE or RATE_LIMITED, is repeated with the same
        `requestId` for `timeout_seconds` (`timings.request_seconds` by default, `math.inf` for no limit).
        Raises SessionError: a refusal at once, INTERNAL the second time, TIMEOUT, CLOSED.
        """
        request = {"requestId": new_request_id(), **message}
        failures: list[SessionError] = []
        limit = self.timings.request_seconds if timeout_seconds is None else timeout_seconds
        try:
            async with asyncio.timeout(None if limit == math.inf else limit):
                return await self._try_until_answered(request, failures)
        except TimeoutError:
            late = SessionError("TIMEOUT", f"No reply to {message['action']} in time.")
            raise (failures[-1] if failures else late) from None

    async def request_once(self, message: Mapping[str, Any]) -> Reply:
        """Send a request on the WebSocket that is open now, and return the reply.

        Raises SessionError: CONNECTION_LOST if no WebSocket is open, TIMEOUT, or the server's error.
        """
        self._raise_if_closed()
        if self._current is None or self._current.is_closed:
            raise SessionError("CONNECTION_LOST", "The connection is not open.")
        try:
            return await self._request_on(self._current, message)
        except SessionError as error:
            if error.code == "TOKEN_EXPIRED" and self._provider is not None:
                self._spawn(self._refresh_in_background())
            raise

    @staticmethod
    async def _request_on(socket: Socket, message: Mapping[str, Any]) -> Reply:
        try:
            return await socket.request(message)
        except SessionError as error:
            if error.code == "TIMEOUT":
                socket.probe()
            elif error.code == "UNAVAILABLE" and error.retry_after is None:
                socket.close()  # the server has lost this connection's record
            raise

    async def _try_until_answered(self, request: Mapping[str, Any], failures: list[SessionError]) -> Reply:
        token_refreshed = False
        while True:
            socket = await self._ready()
            try:
                return await self._request_on(socket, request)
            except SessionError as error:
                is_final = error.code == "PROTOCOL_VIOLATION" or (
                    error.code == "INTERNAL" and any(failure.code == "INTERNAL" for failure in failures)
                )
                if is_final:
                    raise
                if error.code == "TOKEN_EXPIRED" and not token_refreshed and self._provider is not None:
                    token_refreshed = True
                    await self._refresh_token()
                    continue
                if not error.retryable and not await self._was_replaced(socket):
                    if not self._is_detached(request, error, failures):
                        raise
                    socket.close()  # attaching again shows whether another connection replaced the speaker
                failures.append(error)
                if error.retry_after is not None:
                    await asyncio.sleep(self.timings.with_jitter(error.retry_after))
                elif error.retryable:
                    await asyncio.sleep(self.timings.backoff_delay(len(failures)))

    @staticmethod
    def _is_detached(
        request: Mapping[str, Any], error: SessionError, failures: Sequence[SessionError]
    ) -> bool:
        """Return whether the server refused a speaker's action because it no longer knows its attachment."""
        is_first = all(failure.code != "FORBIDDEN" for failure in failures)
        return error.code == "FORBIDDEN" and is_first and request["action"] in SPEAKER_ACTIONS

    async def _was_replaced(self, socket: Socket) -> bool:
        """Whether a handover replaced the socket, so that its refusal says nothing about the new one."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.state is not ConnectionState.HANDING_OVER)
        return socket is not self._current or socket.is_closed

    async def _ready(self) -> Socket:
        """Return the socket to send on, once there is one."""
        while True:
            self._raise_if_closed()
            if self._current is not None and not self._current.is_closed:
                return self._current
            if self._waiting >= MAX_WAITING_REQUESTS:
                raise SessionError(
                    "QUEUE_FULL", f"{MAX_WAITING_REQUESTS} requests wait for the connection already."
                )
            self._waiting += 1
            try:
                async with self._changed:
                    await self._changed.wait_for(
                        lambda: (
                            (self._current is not None and not self._current.is_closed)
                            or self.state is ConnectionState.CLOSED
                        )
                    )
            finally:
                self._waiting -= 1

    def _raise_if_closed(self) -> None:
        if self.state is ConnectionState.CLOSED:
            raise self.error or SessionError("CLOSED", "The connection was closed.")

    async def _run(self) -> None:
        failures = 0
        while self.state is not ConnectionState.CLOSED:
            opened_at = None
            try:
                self._set_state(ConnectionState.CONNECTING)
                socket = await self._connect(replaces=False)
                opened_at = time.monotonic()
                failure = await self._hold(socket)
            except SessionError as error:
                failure = error
            except Exception as error:
                self.close(error)
                return
            if not failure.retryable:
                self.close(failure)
                return
            # A connection that opens and is lost at once counts as a failure.
            if opened_at is not None and time.monotonic() - opened_at > self.timings.backoff_cap_seconds:
                failures = 0
            self._retry_now.clear()
            self._set_state(ConnectionState.WAITING_TO_RETRY)
            wait = self.timings.backoff_delay(failures)
            if failure.retry_after is not None:
                wait = self.timings.with_jitter(failure.retry_after)
            failures += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._retry_now.wait(), wait)

    async def _connect(self, *, replaces: bool) -> Socket:
        try:
            return await self._connect_with_token(replaces=replaces, force_refresh=False)
        except SessionError as error:
            # The server may know better than the token's own expiry: one more attempt with a new token.
            if error.code not in TOKEN_CODES or self._provider is None:
                raise
        return await self._connect_with_token(replaces=replaces, force_refresh=True)

    async def _connect_with_token(self, *, replaces: bool, force_refresh: bool) -> Socket:
        token = await self._request_token(force_refresh=force_refresh)
        socket = await Socket.open(self._url, token, self.timings, self._receive)
        self._sockets.add(socket)
        socket.closed.add_done_callback(lambda _: self._forget_later(socket))
        try:
            await self._attach(socket, replaces)
        except BaseException:
            socket.close(4001)
            raise
        self._has_been_open = True
        self._notify()
        self._token = token
        self._refresh_now.set()
        return socket

    async def _hold(self, socket: Socket) -> SessionError:
        """Keep a socket, and those that replace it, until one is lost; return the reason."""
        failures = 0
        patience = self._handover_age()
        while not socket.is_closed:
            self._current = socket
            self._set_state(ConnectionState.OPEN)
            if not await self._wait_for_handover(socket, patience):
                break
            self._set_state(ConnectionState.HANDING_OVER)
            socket.handover_due.clear()
            replacement = await self._hand_over(socket)
            failures = failures + 1 if replacement is socket else 0
            patience = (
                self.timings.probe_reply_seconds + self.timings.backoff_delay(failures)
                if failures
                else self._handover_age()
            )
            socket = replacement
        return await socket.closed

    def _handover_age(self) -> float:
        return self.timings.handover_seconds - random.uniform(0, self.timings.handover_jitter_seconds)  # noqa: S311

    async def _wait_for_handover(self, socket: Socket, patience: float) -> bool:
        """Return whether a handover is due, or False if the socket was lost before."""
        due = asyncio.create_task(socket.handover_due.wait())
        try:
            await asyncio.wait([due, socket.closed], timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            due.cancel()
        return not socket.is_closed

    async def _hand_over(self, old: Socket) -> Socket:
        """Return an attached second socket while the first one drains, or the first one if that failed."""
        try:
            replacement = await self._connect(replaces=True)
        except SessionError as error:
            # The new socket asked to attach and got no answer: the old one may have lost its rights.
            if error.code in {"CONNECTION_LOST", "TIMEOUT"}:
                old.close()
            return old
        self._spawn(old.drain())
        return replacement

    def _receive(self, message: Reply, socket: Socket) -> None:
        if isinstance(server_time := message.get("serverTime"), (int, float)):
            self._clock_skew = server_time / 1000 - time.time()
        if message["type"] == "connectionRefreshRequired":
            socket.handover_due.set()
        elif message["type"] == "tokenExpiring" and socket is self._current and self._provider is not None:
            self._spawn(self._refresh_in_background())
        if self._receiver is None:
            self._held.append(message)
        else:
            self._receiver(message)

    async def _request_token(self, *, force_refresh: bool) -> str | None:
        token = await request_token(
            self._provider, force_refresh=force_refresh, timeout_seconds=self.timings.token_seconds
        )
        if token is None or force_refresh:
            return token
        expiry = expires_at(token)
        # The local clock advises only: a token that looks old is replaced once, and the server decides.
        if expiry is not None and expiry <= time.time() + self._clock_skew + self.timings.token_floor_seconds:
            return await request_token(
                self._provider, force_refresh=True, timeout_seconds=self.timings.token_seconds
            )
        return token

    async def _refresh_token(self) -> None:
        """Replace the connection's token; concurrent calls share one refresh. Raises SessionError."""
        if self._refresh is None or self._refresh.done():
            self._refresh = self._spawn(self._send_fresh_token())
        await asyncio.shield(self._refresh)

    async def _send_fresh_token(self) -> None:
        token = await self._request_token(force_refresh=True)
        if token is None:
            raise SessionError("UNAUTHORIZED", "The token provider returned no token.")
        socket = await self._ready()
        await socket.request({"action": "refreshToken", "token": token})
        self._token = token
        self._refresh_now.set()

    async def _refresh_in_background(self) -> None:
        """Refresh until it succeeds. A failure never closes a connection whose token is still valid."""
        failures = 0
        while self.state is not ConnectionState.CLOSED:
            try:
                await self._refresh_token()
            except SessionError as error:
                if not error.retryable and error.code != "TOKEN_UNAVAILABLE":
                    return  # once the token has ended, the server answers TOKEN_EXPIRED and requests raise it
            except Exception as error:
                self.close(error)
                return
            else:
                return
            failures += 1
            await asyncio.sleep(self.timings.token_floor_seconds + self.timings.backoff_delay(failures))

    async def _keep_token_fresh(self) -> None:
        """Refresh each token `token_lead` seconds before its end, or at half of a short life."""
        while True:
            await self._refresh_now.wait()
            self._refresh_now.clear()
            wait = self._refresh_delay()
            if wait is None:
                continue
            try:
                async with asyncio.timeout(wait):
                    await self._refresh_now.wait()
            except TimeoutError:
                if self.state is ConnectionState.OPEN:
                    await self._refresh_in_background()

    def _refresh_delay(self) -> float | None:
        """Return the seconds until the next refresh, or None if the token shows no end."""
        expiry = None if self._token is None else expires_at(self._token)
        if expiry is None or self._token is None:
            return None
        life = lifetime(self._token)
        lead = (
            self.timings.token_lead_seconds
            if life is None
            else min(self.timings.token_lead_seconds, life / 2)
        )
        remaining = expiry - (time.time() + self._clock_skew)
        if life is not None:
            remaining = min(remaining, life)
        return max(remaining - lead, self.timings.token_floor_seconds)

    def _forget_later(self, socket: Socket) -> None:
        async def forget() -> None:
            await socket.wait_closed()
            self._sockets.discard(socket)

        if self.state is not ConnectionState.CLOSED:
            self._spawn(forget())
            self._notify()

    def _set_state(self, state: ConnectionState) -> None:
        if self.state is ConnectionState.CLOSED:
            return
        changed, self.state = self.state is not state, state
        if changed and self._on_state is not None:
            self._on_state(state)
        self._notify()

    def _notify(self) -> None:
        async def notify() -> None:
            async with self._changed:
                self._changed.notify_all()

        task = asyncio.ensure_future(notify())
        self._notifying.add(task)
        task.add_done_callback(self._notifying.discard)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish)
        return task

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with contextlib.suppress(asyncio.CancelledError):
            task.exception()  # retrieved, so that asyncio logs nothing; the task's awaiter gets it too
