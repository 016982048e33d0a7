"""A pool of HTTP/1.1 keep-alive connections to one server, for small requests and small responses.

A response costs one callback and one future, since an asyncio protocol takes the place of streams
(benchmarks/). A connection has one request at a time, without pipelining.
"""

import asyncio
import ssl
import time
from typing import cast
from urllib.parse import SplitResult

from adapters.http.response import NoResponseError, Response, StaleConnectionError
from adapters.http.tls import tls_context

MAX_IDLE_SECONDS = 20.0
"""A connection that was unused for longer may have been closed by the server."""


class HttpConnection(asyncio.Protocol):
    """One connection; `exchange` sends a request and returns the status of the response."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._response = Response()
        self._pending: asyncio.Future[int] | None = None
        self._responses = 0
        self.usable = False
        self.used_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for writing."""
        self._transport = cast(asyncio.Transport, transport)
        self.usable = True

    def data_received(self, data: bytes) -> None:
        """Complete the pending response. Bytes without a request close the connection."""
        if self._pending is None:
            self.close()
            return
        try:
            if not self._response.feed(data):
                return
        except NoResponseError as error:
            self._fail(error)
            self.close()
            return
        self._complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Complete a response that ends with the connection, or fail the pending one."""
        self.usable = False
        if self._pending is None:
            return
        stale = self._responses > 0 and not self._response.has_begun
        if exc is None and self._response.close():
            self._complete()
        else:
            error = StaleConnectionError if stale else NoResponseError
            self._fail(error(f"connection lost: {exc or 'closed by the server'}"))

    async def exchange(self, request: bytes, timeout: float) -> int:  # noqa: ASYNC109 -- cheaper than a context
        """Send `request`; return the status of the response, which may take `timeout` seconds.

        Raises NoResponseError and closes the connection.
        """
        loop = asyncio.get_running_loop()
        self._response = Response()
        pending = self._pending = loop.create_future()
        if self._transport is None or not self.usable:
            raise StaleConnectionError("connection is closed")
        self._transport.write(request)
        timer = loop.call_later(timeout, _expire, pending)
        try:
            return await pending
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        """Close the connection without waiting for the server."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def _complete(self) -> None:
        pending, self._pending = self._pending, None
        self._responses += 1
        self.usable = self.usable and self._response.keeps_alive
        if pending is not None and not pending.done():
            pending.set_result(self._response.status)

    def _fail(self, error: NoResponseError) -> None:
        pending, self._pending = self._pending, None
        if pending is not None and not pending.done():
            pending.set_exception(error)


class HttpPool:
    """Connections to the server of one URL. The sender bounds how many are open."""

    def __init__(
        self, url: SplitResult, *, connect_timeout: float, tls: ssl.SSLContext | None = None
    ) -> None:
        secure = url.scheme == "https"
        self._host = url.hostname or ""
        self._port = url.port or (443 if secure else 80)
        self._tls = (tls or tls_context()) if secure else None
        self._connect_timeout = connect_timeout
        self._idle: list[HttpConnection] = []

    async def exchange(self, request: bytes, timeout: float) -> int:  # noqa: ASYNC109 -- passed on
        """Send one request on an idle or a new connection, as HttpConnection.exchange does.

        Opening a connection takes up to `connect_timeout` seconds more. An idle connection that the server
        has closed is replaced once, without an error. If an idle connection has no response, those unused
        since are closed with it: a function is frozen between invocations, and a NAT that dropped one of its
        connections in that time has dropped all.
        """
        idle = self._take_idle()
        connection = idle or await self._open()
        sent_at = time.monotonic()
        try:
            status = await connection.exchange(request, timeout)
        except StaleConnectionError:
            waited = time.monotonic() - sent_at
            connection = await self._open()
            status = await connection.exchange(request, timeout - waited)
        except NoResponseError:
            if idle is not None:
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

    def _take_idle(self) -> HttpConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and time.monotonic() - connection.used_at < MAX_IDLE_SECONDS:
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
            raise NoResponseError(f"cannot connect: {error or 'timed out'}") from error
        return connection


def _expire(pending: asyncio.Future[int]) -> None:
    if not pending.done():
        pending.set_exception(NoResponseError("no response in time"))
