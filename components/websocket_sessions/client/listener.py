"""The listener's side of a session: every message once and in order."""

import asyncio
import base64
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Self

from websocket_sessions.client.connection import Connection, ConnectionState
from websocket_sessions.client.errors import SessionError
from websocket_sessions.client.reorder_buffer import Position, ReorderBuffer
from websocket_sessions.client.session_state import SessionState
from websocket_sessions.client.socket import Reply, Socket
from websocket_sessions.client.speaker import ConnectionOptions

SendJoin = Callable[[dict[str, Any]], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of the session."""

    epoch: str
    offset: int
    data: str
    content_type: str | None = None
    encoding: str | None = None
    published_at: str | None = None
    follows_reset: bool = False
    """Whether messages before this one were lost, because the server no longer keeps them."""

    @property
    def text(self) -> str:
        """The data as text."""
        return self.content.decode() if self.encoding == "base64" else self.data

    @property
    def content(self) -> bytes:
        """The data as bytes."""
        return base64.b64decode(self.data) if self.encoding == "base64" else self.data.encode()


class Listener:
    """A session that this client listens to; iterate over it with `async for`.

    The iteration ends once the session has ended and every message up to its end was returned. It raises
    SessionError where the connection closes for another reason.
    """

    def __init__(self, session_id: str, target_language: str, options: ConnectionOptions) -> None:
        """Prepare a listener; entering `Client.join` connects it."""
        self.state = SessionState(session_id=session_id)
        self.target_language = target_language
        """The language that the listener wants; the server may still serve another one."""
        self.resets = 0
        """How often messages were lost, because the server no longer keeps them."""
        self.connection = Connection(attach=self._attach, **options)
        self.connection.deliver_to(self._receive)
        self._buffer = ReorderBuffer()
        self._recovering = asyncio.Lock()
        self._changed = asyncio.Event()
        self._end_offset: int | None = None
        self._end_deadline = float("inf")
        self._gap_deadline: float | None = None
        self._recoveries = 0
        self._silences = 0
        self._silence_deadline = float("inf")
        self._reset_pending = False
        self._served_language: str | None = None
        self._language_answers: list[tuple[str, asyncio.Future[None]]] = []
        self._watcher: asyncio.Task[None] | None = None
        self._available = asyncio.Event()
        self._arrived = asyncio.Event()

    @property
    def position(self) -> Position | None:
        """The position up to which every message was received, or None before the join."""
        return self._buffer.position

    async def set_language(self, target_language: str) -> None:
        """Listen in another language from now on. If calls overlap, the last one decides.

        Raises SessionError, and keeps the language: the server's refusal, TIMEOUT after
        `timings.request_seconds`, or the reason why the connection closed.
        """
        self.target_language = target_language
        if self._served_language == target_language and not self._recovering.locked():
            return
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._language_answers.append((target_language, answer))
        self._gap_deadline, self._recoveries = time.monotonic(), 0
        self._changed.set()
        try:
            await self._language_served(answer)
        except SessionError:
            self._revert_language(target_language)
            raise
        finally:
            self._language_answers.remove((target_language, answer))

    async def _language_served(self, answer: asyncio.Future[None]) -> None:
        """Wait for the answer, until the connection closes or `timings.request_seconds` have passed."""
        closing = asyncio.create_task(self.connection.wait_closed())
        try:
            limit = self.connection.timings.request_seconds
            await asyncio.wait([answer, closing], timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
        if answer.done():
            return answer.result()
        if self.connection.state is ConnectionState.CLOSED:
            raise self.connection.error or SessionError("CLOSED", "The connection was closed.")
        raise SessionError("TIMEOUT", "The language was not served in time.")

    async def leave(self) -> None:
        """Leave the session and close the connection.

        If the server does not reply within `timings.drain_seconds`, the server removes the listener later.
        """
        try:
            with contextlib.suppress(SessionError):
                await self.connection.request(
                    {"action": "leaveSession"}, timeout_seconds=self.connection.timings.drain_seconds
                )
        finally:
            self.connection.close()

    def __aiter__(self) -> Self:
        """Iterate over the messages."""
        return self

    async def __anext__(self) -> Message:
        """Return the next message in order."""
        closing = asyncio.create_task(self.connection.wait_closed())
        try:
            while True:
                self._available.clear()
                while (message := self._buffer.take()) is not None:
                    self._changed.set()
                    if not message.get("skipped"):
                        return self._to_message(message)
                if closing.done():
                    return self._finish()
                available = asyncio.create_task(self._available.wait())
                try:
                    await asyncio.wait([available, closing], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    available.cancel()
        finally:
            closing.cancel()

    def _finish(self) -> Message:
        error = self.connection.error
        if error is None or self.state.is_ended:
            raise StopAsyncIteration
        raise error

    def _to_message(self, message: Reply) -> Message:
        follows_reset, self._reset_pending = self._reset_pending, False
        return Message(
            epoch=message["epoch"],
            offset=int(message["offset"]),
            data=message["data"],
            content_type=message.get("contentType"),
            encoding=message.get("encoding"),
            published_at=message.get("publishedAt"),
            follows_reset=follows_reset,
        )

    async def _attach(self, socket: Socket, replaces: bool) -> None:
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())
        try:
            await self._recover(socket.request)
        except SessionError as error:
            # A listener that was in the session waits for a place; a new one gets the error.
            if error.code != "SESSION_FULL" or self.position is None:
                raise
            if not replaces:
                raise SessionError(
                    error.code, error.message, retry_after=error.retry_after, retryable=True
                ) from error
            await self._take_own_place(socket)

    async def _take_own_place(self, socket: Socket) -> None:
        """Give the new connection the old one's place in a full session.

        Messages that are published between the leave and the join are replayed.
        """
        await self.connection.request_once({"action": "leaveSession"})
        try:
            await self._recover(socket.request)
        except SessionError as error:
            # The old connection has left the session and must not be used again.
            raise SessionError("CONNECTION_LOST", error.message) from error

    async def _recover(self, send: SendJoin) -> None:
        """Join with the position, page by page; one recovery runs at a time."""
        async with self._recovering:
            while True:
                position, language = self._buffer.position, self.target_language
                request: dict[str, Any] = {
                    "action": "joinSession",
                    "sessionId": self.state.session_id,
                    "targetLanguage": language,
                }
                if position is not None:
                    request |= {"epoch": position.epoch, "offset": position.offset}
                try:
                    reply = await send(request)
                except SessionError as error:
                    if not self._is_language_refusal(error, language):
                        raise
                    self._revert_language(language)
                    self._answer_language(language, error)
                    continue
                self._take_reply(reply, position)
                self._served_language = language
                self._answer_language(language)
                if reply.get("more") and position is not None:
                    await self._wait_for_offset(position.offset + int(reply["replayed"]))
                elif language == self.target_language:
                    return

    @property
    def _needs_recovery(self) -> bool:
        """Whether a message is missing, or the server serves another language than the wanted one."""
        return self._buffer.has_gap or self._served_language not in {None, self.target_language}

    def _is_language_refusal(self, error: SessionError, language: str) -> bool:
        """Return whether the server refused the wanted language while it serves another one."""
        is_refusal = error.code in {"UNSUPPORTED_LANGUAGE", "INVALID_LANGUAGE"}
        return is_refusal and self._served_language not in {None, language}

    def _revert_language(self, language: str) -> None:
        """Want the served language again, unless a later call wants another one."""
        if self.target_language == language and self._served_language is not None:
            self.target_language = self._served_language

    def _answer_language(self, language: str, error: SessionError | None = None) -> None:
        """Settle the calls that want this language, and those that a later call overtook."""
        for wanted, answer in self._language_answers:
            if answer.done():
                continue
            if wanted == language and error is not None:
                answer.set_exception(error)
            elif wanted == language or wanted != self.target_language:
                answer.set_result(None)

    def _take_reply(self, reply: Reply, position: Position | None) -> None:
        if reply.get("reset"):
            self.resets += 1
            self._reset_pending = True
        offset = int(reply["offset"])
        if reply.get("reset") or position is None:
            self._buffer.jump(Position(reply["epoch"], offset))
        else:
            self._buffer.confirm(offset)
        self.state.merge(reply)
        self._restart_silence()
        if reply["status"] == "ended":
            self._end(offset, reply.get("endReason"))

    async def _wait_for_offset(self, offset: int) -> None:
        """Wait for replayed messages, which are pushes and may arrive a little after the reply."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.connection.timings.gap_seconds):
                while self.position is None or self.position.offset < offset:
                    self._arrived.clear()
                    await self._arrived.wait()

    def _receive(self, message: Reply) -> None:
        if message.get("sessionId") != self.state.session_id:
            return
        self._restart_silence()
        match message["type"]:
            case "message":
                self._buffer.accept(message)
                self._available.set()
                self._arrived.set()
            case "batch":
                for one in message["messages"]:
                    self._receive(one)
            case "sessionUpdated":
                self.state.merge(message)
            case "sessionEnded":
                self._end(int(message["offset"]), message.get("reason"))
            case _:
                pass
        self._changed.set()

    def _restart_silence(self) -> None:
        self._silences = 0
        self._silence_deadline = time.monotonic() + _with_jitter(self.connection.timings.silence_seconds)
        self._available.set()
        self._changed.set()

    def _end(self, offset: int, reason: str | None) -> None:
        self.state.end(reason)
        self.state.end_reason = self.state.end_reason or reason
        self._buffer.confirm(offset)
        if self._end_offset is None:
            self._end_offset = offset
            self._end_deadline = time.monotonic() + self.connection.timings.ending_seconds
        self._changed.set()

    async def _watch(self) -> None:
        """Request missed messages if a gap stays open or the session is silent, and close at its end."""
        while True:
            now = time.monotonic()
            if self._has_everything() or now >= self._end_deadline:
                self.connection.close(SessionError("SESSION_ENDED", "The session has ended."))
                return
            self._plan_gap(now)
            due = min(self._gap_deadline or float("inf"), self._silence_deadline, self._end_deadline)
            if now < due:
                self._changed.clear()
                try:
                    async with asyncio.timeout(None if due == float("inf") else due - now):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                continue
            await self._request_missed()

    def _has_everything(self) -> bool:
        return (
            self._end_offset is not None
            and self.position is not None
            and self.position.offset >= self._end_offset
        )

    def _plan_gap(self, now: float) -> None:
        if not self._needs_recovery or not self._buffer.has_room:
            self._gap_deadline, self._recoveries = None, 0
        elif self._gap_deadline is None:
            timings = self.connection.timings
            wait = timings.backoff_delay(self._recoveries) if self._recoveries else 0.0
            self._gap_deadline = now + timings.gap_seconds + wait

    async def _request_missed(self) -> None:
        timings = self.connection.timings
        self._silences += 1
        quiet = min(timings.silence_seconds * 2**self._silences, timings.silence_cap_seconds)
        self._gap_deadline = None
        self._recoveries += 1
        silences = self._silences
        try:
            await self._recover(self.connection.request_once)
        except SessionError as error:
            if error.retry_after is not None:
                self._gap_deadline = time.monotonic() + timings.with_jitter(error.retry_after)
            if error.means_ended:
                self.state.end(self.state.end_reason)
                self.connection.close(error)
            elif error.code == "CLOSED":
                return
        self._silences = silences
        self._silence_deadline = time.monotonic() + _with_jitter(quiet)

    async def aclose(self) -> None:
        """Close the connection and end the watcher."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait([self._watcher])
        await self.connection.aclose()


def _with_jitter(seconds: float) -> float:
    """Return a wait up to half as long again, so that many listeners do not ask together."""
    return seconds * random.uniform(1, 1.5)  # noqa: S311
