"""One WebSocket on a TCP connection: the `websockets` library's sans-I/O protocol on an asyncio transport.

The library sees single frames, so that the 32 KB frame and the 128 KB message limit are checked where they
apply. AWS negotiates no compression, and neither does this.
"""

import asyncio
import json
import logging
from http import HTTPStatus
from typing import Protocol, cast

from websockets.datastructures import Headers
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from pulumi_local_aws.gateway.limits import Limits

_QUIET = logging.getLogger("pulumi_local_aws.gateway.frames")
_QUIET.setLevel(logging.CRITICAL)

# After a close frame the client has this long (seconds) to end the TCP connection.
_CLOSE_SECONDS = 2.0
# Unsent bytes at which a client counts as too slow: a callback then gets 429 instead of being stored.
_WRITE_BUFFER_BYTES = 512 * 1024
_ABNORMAL = (1006, "Connection closed abnormally")
_NO_STATUS = (1005, "Client-side close frame status not set")


class Handler(Protocol):
    """Who is told about a WebSocket; all calls come from the event loop."""

    def opening(self, request: Request) -> None:
        """An upgrade request came: `is_valid`, then `accept` or `refuse` answer it."""
        ...

    def received(self, text: str) -> None: ...

    def closed(self, code: int, reason: str) -> None:
        """Told once, as soon as either side closes, for a WebSocket that was accepted."""
        ...


class WebSocket(asyncio.Protocol):
    """Frames in, frames out; ping is answered with pong by the library."""

    def __init__(self, limits: Limits, handler: Handler) -> None:
        self._limits = limits
        self._handler = handler
        self._frames = ServerProtocol(
            subprotocols=None,
            max_size=(limits.message_bytes, limits.frame_bytes),
            logger=_QUIET,
            select_subprotocol=_no_subprotocol,
        )
        self._transport: asyncio.Transport | None = None
        self._message: list[bytes] = []
        self._response: Response | None = None
        self._accepted = False
        self._told = False
        self._lost = False
        self._closing: asyncio.TimerHandle | None = None
        self.writable = True
        self.peer = ""

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_WRITE_BUFFER_BYTES)
        peer = cast("tuple[object, ...] | None", transport.get_extra_info("peername"))
        self.peer = str(peer[0]) if peer else ""

    def data_received(self, data: bytes) -> None:
        self._frames.receive_data(data)
        self._process()

    def eof_received(self) -> None:
        self._frames.receive_eof()
        self._process()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._lost = True
        if self._closing is not None:
            self._closing.cancel()
        self._tell()

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True

    # Called by the handler.

    @property
    def is_open(self) -> bool:
        return self._accepted and not self._lost and self._frames.state is OPEN

    def is_valid(self, request: Request) -> bool:
        """Whether the upgrade request is one by RFC 6455; if not, it is answered."""
        self._response = self._frames.accept(request)
        if self._response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            return True
        self._respond(self._response)
        return False

    def accept(self, subprotocol: str | None) -> bool:
        """Complete the upgrade; False where the client has gone."""
        if self._lost or self._response is None:
            return False
        if subprotocol:
            self._response.headers["Sec-WebSocket-Protocol"] = subprotocol
        self._accepted = True
        self._respond(self._response)
        return True

    def refuse(self, status: int, body: dict[str, object], headers: dict[str, str] | None = None) -> None:
        """Answer the upgrade with an HTTP error."""
        payload = json.dumps(body).encode()
        fields = Headers({"Content-Type": "application/json", "Content-Length": str(len(payload))})
        fields["Connection"] = "close"
        for name, value in (headers or {}).items():
            fields[name] = value
        self._respond(Response(status, _phrase(status), fields, payload))

    def send(self, text: bytes) -> bool:
        """Send a text message, in frames of at most 32 KB; False where the WebSocket is not open."""
        if not self.is_open:
            return False
        size = self._limits.frame_bytes
        try:
            self._frames.send_text(text[:size], fin=len(text) <= size)
            for start in range(size, len(text), size):
                self._frames.send_continuation(text[start : start + size], fin=start + size >= len(text))
        except InvalidState:
            return False
        self._flush()
        return True

    def close(self, code: int, reason: str = "") -> None:
        """Start the closing handshake."""
        if self.is_open:
            self._frames.send_close(code, reason)
            self._flush()
            self._tell()

    def cut(self) -> None:
        """Drop the TCP connection without a close frame, as a failing network would (1006)."""
        if self._transport is not None:
            self._transport.abort()

    # Inside.

    def _respond(self, response: Response) -> None:
        if not self._lost:
            self._frames.send_response(response)
            self._flush()

    def _process(self) -> None:
        for event in self._frames.events_received():
            if isinstance(event, Request):
                self._handler.opening(event)
            elif isinstance(event, Frame):
                self._frame(event)
        self._flush()
        if self._accepted and self._frames.state is not OPEN:
            self._tell()

    def _frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            # https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
            self._frames.fail(CloseCode.UNSUPPORTED_DATA)
        if frame.opcode is not Opcode.TEXT and frame.opcode is not Opcode.CONT:
            return
        self._message.append(bytes(frame.data))
        if not frame.fin:
            return
        payload, self._message = b"".join(self._message), []
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            self._frames.fail(CloseCode.INVALID_DATA)
            return
        if not self._told:
            self._handler.received(text)

    def _flush(self) -> None:
        transport = self._transport
        if transport is None or self._lost:
            return
        for data in self._frames.data_to_send():
            if data:
                transport.write(data)
            elif transport.can_write_eof():
                transport.write_eof()
        if self._closing is None and self._frames.close_expected():
            self._closing = asyncio.get_running_loop().call_later(_CLOSE_SECONDS, transport.abort)

    def _tell(self) -> None:
        if self._accepted and not self._told:
            self._told = True
            self._handler.closed(*self._outcome())

    def _outcome(self) -> tuple[int, str]:
        """The close code and reason of whoever closed first."""
        frames = self._frames
        first = frames.close_rcvd if frames.close_rcvd_then_sent else frames.close_sent or frames.close_rcvd
        if first is None:
            return _ABNORMAL
        if first.code == CloseCode.NO_STATUS_RCVD:
            return _NO_STATUS
        return int(first.code), first.reason


def _no_subprotocol(_: ServerProtocol, __: object) -> Subprotocol | None:
    """The `$connect` integration chooses the subprotocol, not the server."""
    return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
