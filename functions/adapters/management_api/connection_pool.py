"""A pool of HTTP/1.1 keep-alive connections to one server, for small requests and small answers.

An asyncio protocol and not streams: an answer costs one callback and one future, which is most of what there
is to save (see benchmarks/). One request at a time a connection; no pipelining.
"""

import asyncio
import ssl
import time
from contextlib import suppress
from typing import cast
from urllib.parse import SplitResult

IDLE_LIMIT = 20.0  # seconds; a connection unused for longer may have been closed at the other end


class NoAnswerError(OSError):
    """The server could not be reached, closed without an answer, or did not answer in time."""


class StaleConnectionError(NoAnswerError):
    """A connection that had been kept turned out closed before a byte of the answer came."""


class HttpConnection(asyncio.Protocol):
    """One connection; `exchange` writes a request and returns the status of its answer."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[int] | None = None
        self._answered = 0
        self.usable = False
        self.used_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        self._transport = cast(asyncio.Transport, transport)
        self.usable = True

    def data_received(self, data: bytes) -> None:
        """Complete the answer that is awaited; bytes that nobody asked for end the connection."""
        answer = self._answer
        if answer is None:
            self.close()
            return
        self._received += data
        head_end = self._received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = bytes(self._received[:head_end]).lower()
        length = _content_length(head)
        if length is None or b"\r\nconnection: close" in head:
            self.usable = False
        elif len(self._received) < head_end + 4 + length:
            return
        self._received.clear()
        self._answer = None
        self._answered += 1
        if not answer.done():
            answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the answer that is awaited, if any."""
        self.usable = False
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            stale = self._answered > 0 and not self._received
            error = StaleConnectionError if stale else NoAnswerError
            answer.set_exception(error(f"connection lost: {exc or 'closed by the server'}"))

    async def exchange(self, request: bytes, timeout: float) -> int:  # noqa: ASYNC109 -- cheaper than a context
        """Send `request` and wait at most `timeout` seconds for the status of its answer.

        Raises NoAnswerError; the connection is closed then.
        """
        loop = asyncio.get_running_loop()
        answer = self._answer = loop.create_future()
        if self._transport is None or not self.usable:
            raise StaleConnectionError("connection is closed")
        self._transport.write(request)
        timer = loop.call_later(timeout, _expire, answer)
        try:
            return await answer
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        """Drop the connection without waiting for the other end."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()


class HttpPool:
    """Connections to the server of one URL; who sends bounds how many are open at a time."""

    def __init__(
        self, url: SplitResult, *, connect_timeout: float, tls: ssl.SSLContext | None = None
    ) -> None:
        secure = url.scheme == "https"
        self._host = url.hostname or ""
        self._port = url.port or (443 if secure else 80)
        self._tls = (tls or ssl.create_default_context()) if secure else None
        self._connect_timeout = connect_timeout
        self._idle: list[HttpConnection] = []

    async def exchange(self, request: bytes, timeout: float) -> int:  # noqa: ASYNC109 -- passed on
        """Send one request on a kept or a new connection; seconds, status and errors as HttpConnection's.

        Opening a connection takes up to `connect_timeout` seconds beside. A kept connection that the server
        had closed meanwhile is replaced once, without an error. Where one falls silent, those that have not
        answered since are dropped with it: a function is frozen between its invocations, and what forgot one
        of its connections meanwhile forgot all.
        """
        kept = self._kept()
        connection = kept or await self._open()
        sent_at = time.monotonic()
        try:
            status = await connection.exchange(request, timeout)
        except StaleConnectionError:
            waited = time.monotonic() - sent_at
            connection = await self._open()
            status = await connection.exchange(request, timeout - waited)
        except NoAnswerError:
            if kept is not None:
                self._drop_unused_since(sent_at)
            raise
        if connection.usable:
            connection.used_at = time.monotonic()
            self._idle.append(connection)
        else:
            connection.close()
        return status

    def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            self._idle.pop().close()

    def _drop_unused_since(self, moment: float) -> None:
        for connection in self._idle:
            if connection.used_at <= moment:
                connection.close()
        self._idle = [connection for connection in self._idle if connection.usable]

    def _kept(self) -> HttpConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and time.monotonic() - connection.used_at < IDLE_LIMIT:
                return connection
            connection.close()
        return None

    async def _open(self) -> HttpConnection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_timeout):
                _, connection = await loop.create_connection(
                    HttpConnection, self._host, self._port, ssl=self._tls
                )
        except ssl.SSLCertVerificationError:
            raise
        except OSError as error:  # a time-out is one too
            raise NoAnswerError(f"cannot connect: {error or 'timed out'}") from error
        return connection


def _expire(answer: asyncio.Future[int]) -> None:
    if not answer.done():
        answer.set_exception(NoAnswerError("no answer in time"))


def _content_length(head: bytes) -> int | None:
    """The length of the body, or None where only the connection's end would tell."""
    if head[9:12] in {b"204", b"304"}:
        return 0
    _, found, rest = head.partition(b"\r\ncontent-length:")
    with suppress(ValueError):
        return int(rest.partition(b"\r\n")[0]) if found else None
    return None
