"""A server in the place of a service of AWS: it records each request and replies what the test says."""

import json
import ssl
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One response; with `is_dropped`, the connection is closed instead."""

    status: int = 200
    document: Any = field(default_factory=dict[str, Any])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    is_dropped: bool = False

    @property
    def body(self) -> bytes:
        """The document, or the text that is no JSON."""
        text = self.document if isinstance(self.document, str) else json.dumps(self.document)
        return text.encode()


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes
    client_port: int
    """Shows which connection it came on."""


@dataclass
class AwsServer:
    """Replies with `replies` in turn, the last one again and again."""

    url: str
    replies: Sequence[Reply] = (Reply(),)
    received: list[Received] = field(default_factory=list[Received])

    def next_reply(self, received: Received) -> Reply:
        """Record a request and return what to reply."""
        self.received.append(received)
        return self.replies[min(len(self.received), len(self.replies)) - 1]


@contextmanager
def aws_server(tls: ssl.SSLContext | None = None) -> Generator[AwsServer]:
    """Serve on a free port while the block runs, over TLS if there is a context."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            reply = served.next_reply(
                Received(
                    method=self.command,
                    path=self.path,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=body,
                    client_port=self.client_address[1],
                )
            )
            if reply.is_dropped:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    served = AwsServer(url=f"{scheme}://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
