"""A pool of HTTP/1.1 keep-alive connections to one server, for callers that block. Threads may share it."""

import select
import socket
import ssl
import time
from contextlib import suppress
from urllib.parse import SplitResult

from adapters.http.response import NoResponseError, Response, StaleConnectionError
from adapters.http.tls import tls_context

READ_BYTES = 65_536
CLOSED = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""Errors of a connection that the server has closed."""

STALE_SECONDS = 1.0
"""A server that has closed an idle connection refuses the next request within this time: a round trip, and
some for a function that was frozen. One that closes later may have worked on the request."""


def remaining(until: float) -> float:
    """Return the seconds until a moment of the monotonic clock. Raises TimeoutError if it has passed."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("timed out")
    return seconds


class BlockingConnection:
    """One connection. It has one request at a time."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._responses = 0
        self.used_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the server has neither closed the connection nor sent anything since the last response."""
        waiting = select.poll()
        waiting.register(self._stream, select.POLLIN)
        return not waiting.poll(0)

    def exchange(self, request: bytes, seconds: float) -> Response:
        """Send `request`; return the complete response, which may take `seconds`.

        Raises StaleConnectionError if the server closed the connection at once, before the first byte of a
        response to a later request than the first, and NoResponseError. Both close the connection.
        """
        response = Response()
        sent_at = time.monotonic()
        until = sent_at + seconds
        try:
            self._stream.settimeout(seconds)
            self._stream.sendall(request)
            while True:
                self._stream.settimeout(remaining(until))
                data = self._stream.recv(READ_BYTES)
                if response.feed(data) if data else response.close():
                    break
                if not data:
                    raise ConnectionResetError("closed by the server")
        except OSError as error:
            self.close()
            if isinstance(error, NoResponseError):
                raise
            at_once = isinstance(error, CLOSED) and time.monotonic() - sent_at < STALE_SECONDS
            stale = self._responses and not response.has_begun and at_once
            raise (StaleConnectionError if stale else NoResponseError)(f"no response: {error}") from error
        self._responses += 1
        if not response.keeps_alive:
            self.close()
        return response

    def close(self) -> None:
        """Close the connection without waiting for the server."""
        self._stream.close()


class BlockingPool:
    """Connections to the server of one URL, as many as there are exchanges at once."""

    def __init__(self, url: SplitResult, *, connect_timeout: float) -> None:
        self._is_secure = url.scheme == "https"
        self._address = (url.hostname or "", url.port or (443 if self._is_secure else 80))
        self._connect_timeout = connect_timeout
        self._idle: list[BlockingConnection] = []

    def exchange(self, request: bytes, seconds: float) -> Response:
        """Send one request on an idle or a new connection, as BlockingConnection.exchange does.

        Opening a connection takes up to the connect time-out more. An idle connection that the server has
        closed is replaced once, without an error. The server has seldom taken the first request then, but it
        may have. If an idle connection has no response, those unused since are closed with it: a function is
        frozen between invocations, and a NAT that dropped one of its connections in that time has dropped
        all.
        """
        idle = self._take_idle()
        sent_at = time.monotonic()
        try:
            connection = idle or self._open()
            response = connection.exchange(request, seconds)
        except StaleConnectionError:
            waited = time.monotonic() - sent_at
            connection = self._open()
            response = connection.exchange(request, max(0.001, seconds - waited))
        except NoResponseError:
            if idle is not None:
                self._drop_unused_since(sent_at)
            raise
        if response.keeps_alive:
            connection.used_at = time.monotonic()
            self._idle.append(connection)
        return response

    def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            self._idle.pop().close()

    def _take_idle(self) -> BlockingConnection | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.is_open:
                return connection
            connection.close()

    def _drop_unused_since(self, moment: float) -> None:
        for connection in [idle for idle in self._idle if idle.used_at <= moment]:
            with suppress(ValueError):  # another thread has taken it
                self._idle.remove(connection)
                connection.close()

    def _open(self) -> BlockingConnection:
        """Open a connection; all addresses and TLS share the time-out. Raises NoResponseError."""
        stream: socket.socket | None = None
        until = time.monotonic() + self._connect_timeout
        try:
            stream = self._connect(until)
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self._is_secure:
                stream.settimeout(remaining(until))
                stream = tls_context().wrap_socket(stream, server_hostname=self._address[0])
        except OSError as error:
            if stream is not None:
                stream.close()
            raise NoResponseError(f"cannot connect to {self._address[0]}: {error}") from error
        return BlockingConnection(stream)

    def _connect(self, until: float) -> socket.socket:
        """Return a stream to the first address of the server that accepts one. Raises OSError."""
        failure: OSError = OSError("no address")
        for *_, address in socket.getaddrinfo(*self._address, type=socket.SOCK_STREAM):
            try:
                return socket.create_connection((str(address[0]), int(address[1])), remaining(until))
            except OSError as error:
                failure = error
        raise failure
