"""A TLS server in a process of its own that answers @connections requests, and does no more.

The answer is 200, or 429 for a connection id that begins with STALLED.
"""

import asyncio
import multiprocessing
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

from benchmarks.certificate import server_context

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"
THROTTLED = ANSWER.replace(b"200 OK", b"429 Too Many Requests")
STALLED = "stalled"


class Sink(asyncio.Protocol):
    """Counts whole requests by their Content-Length and answers each."""

    def __init__(self) -> None:
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to answer on."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[:end]).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
            if len(self._received) < end + 4 + length:
                return
            del self._received[: end + 4 + length]
            is_stalled = b"/@connections/" + STALLED.encode() in head
            self._transport.write(THROTTLED if is_stalled else ANSWER)


@contextmanager
def tls_sink(certificate: Path) -> Generator[int]:
    """Run the sink while the block runs; gives its port on 127.0.0.1."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(certificate, theirs), daemon=True)
    process.start()
    try:
        yield cast(int, ours.recv())
    finally:
        process.terminate()
        process.join()


def _serve(certificate: Path, ready: Connection) -> None:
    asyncio.run(_serve_forever(server_context(certificate), ready))


async def _serve_forever(tls: ssl.SSLContext, ready: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0, ssl=tls)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()
