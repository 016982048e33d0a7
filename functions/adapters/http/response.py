"""Reads HTTP/1.1 responses from bytes (RFC 9112), without input or output of its own."""

MAX_HEAD_BYTES = 65_536
"""Status line and headers. AWS sends less than a hundredth."""

BODILESS = frozenset({204, 304})


class NoResponseError(OSError):
    """The server was unreachable, closed the connection, or sent no valid response in time."""


class StaleConnectionError(NoResponseError):
    """An idle connection was closed by the server before the first byte of a response."""


class Response:
    """One response, which `feed` and `close` complete from the bytes of a connection.

    `status`, `body` and `keeps_alive` (whether the connection may serve another request) are valid once it is
    complete.
    """

    __slots__ = (
        "_head",
        "_is_chunked",
        "_length",
        "_lower_head",
        "_received",
        "body",
        "keeps_alive",
        "status",
    )

    def __init__(self) -> None:
        self._received = bytearray()
        self._head = b""
        self._lower_head = b""
        self._length: int | None = None
        self._is_chunked = False
        self.status = 0
        self.body = b""
        self.keeps_alive = True

    @property
    def has_begun(self) -> bool:
        """Whether any byte has arrived."""
        return bool(self._received or self._head)

    def feed(self, data: bytes) -> bool:
        """Add bytes; return whether the response is complete. Raises NoResponseError if it is malformed."""
        received = self._received
        received += data
        if not self._head and not self._read_head():
            return False
        if self._is_chunked:
            return self._read_chunks()
        if self._length is None or len(received) < self._length:
            return False
        if len(received) > self._length:  # bytes that no request asked for
            self.keeps_alive = False
        self.body = bytes(received[: self._length])
        return True

    def close(self) -> bool:
        """Take the end of the connection into account; return whether it completes the response."""
        self.keeps_alive = False
        if not self._head or self._is_chunked or self._length is not None:
            return False
        self.body = bytes(self._received)
        return True

    def header(self, name: str) -> str | None:
        """Return the value of a header, or None without it."""
        mark = f"\r\n{name.lower()}:".encode()
        start = self._lower_head.find(mark)
        if start < 0:
            return None
        value, _, _ = self._head[start + len(mark) :].partition(b"\r\n")
        return value.strip().decode("latin-1")

    def _read_head(self) -> bool:
        received = self._received
        end = received.find(b"\r\n\r\n")
        if end < 0:
            if len(received) > MAX_HEAD_BYTES:
                raise NoResponseError(f"the head of a response exceeds {MAX_HEAD_BYTES} bytes")
            return False
        self._head = bytes(received[:end])
        self._lower_head = self._head.lower()
        del received[: end + 4]
        status = self._head[9:12]
        if not self._head.startswith(b"HTTP/1.") or not status.isdigit():
            raise NoResponseError("the response is not HTTP/1.1")
        self.status = int(status)
        if b"\r\nconnection: close" in self._lower_head:
            self.keeps_alive = False
        if self.status in BODILESS:
            self._length = 0
        elif "chunked" in (self.header("transfer-encoding") or "").lower():
            self._is_chunked = True
        else:
            self._length = self._content_length()
        return True

    def _content_length(self) -> int | None:
        """Return the length of the body, or None if only the end of the connection shows it."""
        value = self.header("content-length")
        if value is None:
            return None
        if not value.isdecimal():
            raise NoResponseError(f"a response has the content length {value!r}")
        return int(value)

    def _read_chunks(self) -> bool:
        """Append the chunks that are complete to the body. A trailer is read and dropped."""
        received = self._received
        while True:
            end = received.find(b"\r\n")
            if end < 0:
                return False
            size = _chunk_size(bytes(received[:end]))
            if size == 0:
                return b"\r\n\r\n" in received[end:]
            chunk_end = end + 2 + size
            if len(received) < chunk_end + 2:
                return False
            self.body += received[end + 2 : chunk_end]
            del received[: chunk_end + 2]


def _chunk_size(line: bytes) -> int:
    """Return the size that the first line of a chunk states, before any extension."""
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError as error:
        raise NoResponseError("a response has a malformed chunk") from error
