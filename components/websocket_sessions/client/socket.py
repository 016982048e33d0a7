"""One WebSocket, with its requests and its heartbeat."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Self, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException

from websocket_sessions.client.errors import SessionError
from websocket_sessions.client.timings import Timings

MAX_FRAME_BYTES = 32 * 1024
"""API Gateway closes (1009) on a longer frame. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""

NORMAL_CLOSE = 1000
DEAD_PEER_CLOSE = 4000
MESSAGE_CLOSE_CODES = frozenset({1002, 1003, 1007, 1009})
"""Close codes that answer one of the client's own messages, so that no pending request is repeated.

The client reconnects after them as after any other code.
"""

Reply = dict[str, Any]


def new_request_id() -> str:
    """Return an id that makes a request idempotent, unique beyond the connection."""
    return secrets.token_hex(16)


class Socket:
    """An open WebSocket. `Socket.open` returns one; `closed` resolves with the reason of its end."""

    def __init__(
        self, connection: ClientConnection, timings: Timings, on_message: Callable[[Reply, "Socket"], None]
    ) -> None:
        """Take an open connection; `on_message` gets every message that answers no request."""
        loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[SessionError] = loop.create_future()
        self.handover_due = asyncio.Event()
        """Set once the server asks for a newer connection."""
        self._connection = connection
        self._timings = timings
        self._on_message = on_message
        self._pending: dict[str, asyncio.Future[Reply]] = {}
        self._deadline: asyncio.TimerHandle | None = None
        self._is_probing = False
        self._loop = loop
        self._restart_heartbeat()
        self._reader = asyncio.create_task(self._read(), name="websocket-sessions reader")
        self._sends: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(
        cls,
        url: str,
        token: str | None,
        timings: Timings,
        on_message: Callable[[Reply, "Socket"], None],
    ) -> Self:
        """Connect; the token goes in the `Authorization` header, so that no URL or log shows it.

        Raises SessionError: UNAUTHORIZED if the server refuses the token (401, 403), RATE_LIMITED (429),
        UPGRADE_FAILED for every other failure.
        """
        headers = {"Authorization": f"Bearer {token}"} if token is not None else None
        try:
            connection = await connect(
                url,
                additional_headers=headers,
                compression=None,
                ping_interval=None,
                open_timeout=timings.connect_seconds,
                close_timeout=timings.drain_seconds,
            )
        except InvalidStatus as error:
            raise _refusal(error.response.status_code) from error
        except (InvalidHandshake, WebSocketException, OSError) as error:
            raise SessionError("UPGRADE_FAILED", f"The WebSocket could not be opened: {error}") from error
        return cls(connection, timings, on_message)

    @property
    def is_closed(self) -> bool:
        """Whether the connection has ended, so that no message can be sent."""
        return self.closed.done()

    async def request(self, message: Mapping[str, Any]) -> Reply:
        """Send a request and return its reply, which takes `timings.reply_seconds` at most.

        Raises SessionError: the refusal, TIMEOUT, CONNECTION_LOST, or PAYLOAD_TOO_LARGE for more than 32 KB.
        """
        if self.is_closed:
            raise SessionError("CONNECTION_LOST", "The connection is closed.")
        request_id = str(message.get("requestId") or new_request_id())
        text = json.dumps({**message, "requestId": request_id}, ensure_ascii=False, separators=(",", ":"))
        if len(text.encode()) > MAX_FRAME_BYTES:
            raise SessionError("PAYLOAD_TOO_LARGE", "The message exceeds one frame of 32 KB.")
        answer = self._pending[request_id] = self._loop.create_future()
        try:
            async with asyncio.timeout(self._timings.reply_seconds):
                await self._send(text)
                reply = await answer
        except TimeoutError:
            raise SessionError("TIMEOUT", f"No reply to {message['action']} in time.") from None
        finally:
            if self._pending.get(request_id) is answer:
                del self._pending[request_id]
            answer.cancel()
        if reply["type"] == "error":
            raise SessionError.from_reply(reply)
        return reply

    def probe(self) -> None:
        """Send a heartbeat now, because the connection may be dead.

        An earlier deadline stays: a repeated probe does not extend it.
        """
        self._probe_within(self._timings.probe_reply_seconds)

    async def drain(self) -> None:
        """Close once every pending request is answered, after `timings.drain_seconds` at the latest."""
        waiting = list(self._pending.values())
        if waiting:
            await asyncio.wait(waiting, timeout=self._timings.drain_seconds)
        self.close()

    def close(self, code: int = NORMAL_CLOSE) -> None:
        """End the connection at once; a dead network never answers the closing handshake."""
        self._end(code, SessionError("CONNECTION_LOST", "The connection was closed."))

    def abort(self) -> None:
        """Drop the TCP connection without a close frame, as a lost network does."""
        self._end(DEAD_PEER_CLOSE, SessionError("CONNECTION_LOST", "The connection was lost."))

    async def wait_closed(self) -> None:
        """Wait for the closing handshake and the reader's end, `timings.drain_seconds` each at most."""
        await asyncio.wait([self._reader, *self._sends], timeout=2 * self._timings.drain_seconds)

    async def _send(self, text: str) -> None:
        try:
            await self._connection.send(text)
        except (ConnectionClosed, OSError) as error:
            raise SessionError("CONNECTION_LOST", "The connection is closed.") from error

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for frame in self._connection:
                self._receive(frame)
        code = self._connection.close_code or 1006
        self._end(code, SessionError("CONNECTION_LOST", f"The server closed the connection ({code})."))

    def _receive(self, frame: str | bytes) -> None:
        if self.is_closed:
            return
        self._restart_heartbeat()
        try:
            parsed: Any = json.loads(frame)
        except ValueError:
            return
        if not isinstance(parsed, dict) or not isinstance(cast(Reply, parsed).get("type"), str):
            return  # API Gateway's own {"message", "connectionId", "requestId"} answers no request by its id
        message = cast(Reply, parsed)
        answer = self._pending.get(str(message.get("requestId")))
        if answer is not None and not answer.done():
            answer.set_result(message)
        else:
            self._on_message(message, self)

    def _restart_heartbeat(self) -> None:
        self._is_probing = False
        self._set_deadline(
            self._timings.heartbeat_seconds, lambda: self._probe_within(self._timings.heartbeat_reply_seconds)
        )

    def _probe_within(self, reply_seconds: float) -> None:
        if self.is_closed:
            return
        task = asyncio.create_task(self._send_heartbeat())
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)
        if self._is_probing and self._deadline and self._deadline.when() <= self._loop.time() + reply_seconds:
            return
        self._is_probing = True
        self._set_deadline(
            reply_seconds,
            lambda: self._end(
                DEAD_PEER_CLOSE, SessionError("CONNECTION_LOST", "The server sent nothing after a heartbeat.")
            ),
        )

    async def _send_heartbeat(self) -> None:
        with contextlib.suppress(SessionError, asyncio.TimeoutError):
            async with asyncio.timeout(self._timings.reply_seconds):
                await self._send('{"action":"heartbeat"}')

    def _set_deadline(self, seconds: float, then: Callable[[], None]) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(seconds, then)

    def _end(self, code: int, reason: SessionError) -> None:
        if self.is_closed:
            return
        self.closed.set_result(reason)
        if self._deadline is not None:
            self._deadline.cancel()
        failure = "PROTOCOL_VIOLATION" if code in MESSAGE_CLOSE_CODES else reason.code
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(SessionError(failure, reason.message))
        task = asyncio.create_task(self._close(code))
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)

    async def _close(self, code: int) -> None:
        if code == DEAD_PEER_CLOSE:
            self._connection.transport.abort()
            return
        with contextlib.suppress(WebSocketException, OSError):
            await self._connection.close(code if code == NORMAL_CLOSE or code >= 4000 else NORMAL_CLOSE)


def _refusal(status: int) -> SessionError:
    text = f"The server refused the connection with HTTP status {status}."
    if status in {401, 403}:
        return SessionError("UNAUTHORIZED", text)
    if status == 429:
        return SessionError("RATE_LIMITED", text)
    return SessionError("UPGRADE_FAILED", text)
