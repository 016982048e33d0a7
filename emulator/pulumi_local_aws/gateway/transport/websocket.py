"""One WebSocket on a TCP connection: the `websockets` library's sans-I/O protocol on an asyncio transport.

The library reports single frames, so the 32 KB limit of a frame and the 128 KB limit of a message are checked
separately. AWS negotiates no compression, and this module negotiates none.
"""

import asyncio
import json
import logging
from http import HTTPStatus
from typing import Protocol, cast

from websockets import http11
from websockets.datastructures import Headers
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from pulumi_local_aws.gateway.limits import Limits

# The library logs frames, which may contain tokens.
_LIBRARY_LOGGER = logging.getLogger("pulumi_local_aws.gateway.frames")
_LIBRARY_LOGGER.setLevel(logging.CRITICAL)

# After a close frame the client has this long to end the TCP connection.
_CLOSE_TIMEOUT_SECONDS = 2.0
# With this many unsent bytes a client counts as too slow: a push then gets 429 instead of being buffered.
_WRITE_BUFFER_BYTES = 512 * 1024
_ABNORMAL_CLOSURE = (1006, "Connection closed abnormally")
_NO_STATUS = (1005, "Client-side close frame status not set")


# API Gateway limits the size of all headers together, neither a header's own length nor their number. The
# library's defaults are 8,192 bytes and 128 headers.
http11.MAX_LINE_LENGTH = 16 * 1024
http11.MAX_NUM_HEADERS = 4096


class _FrameProtocol(ServerProtocol):
    """Lets a client close between the fragments of a message, as RFC 6455, section 5.4 allows."""

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None
        super().recv_frame(frame)


class WebSocketHandler(Protocol):
    """Receives the events of a WebSocket; all calls come from the event loop."""

    def on_upgrade_request(self, request: Request) -> None:
        """Answer the request with `validate`, then `accept` or `refuse`."""
        ...

    def on_message(self, text: str) -> None: ...

    def on_close(self, code: int, reason: str) -> None:
        """Called once for an accepted WebSocket, as soon as either side closes."""
        ...


class WebSocket(asyncio.Protocol):
    """Reads and writes frames; the library answers a ping with a pong."""

    def __init__(self, limits: Limits, handler: WebSocketHandler) -> None:
        self._limits = limits
        self._handler = handler
        self._frames = _FrameProtocol(
            subprotocols=None,
            max_size=(limits.message_bytes, limits.frame_bytes),
            logger=_LIBRARY_LOGGER,
            select_subprotocol=_select_no_subprotocol,
        )
        self._transport: asyncio.Transport | None = None
        self._fragments: list[bytes] = []
        self._response: Response | None = None
        self._is_accepted = False
        self._is_close_reported = False
        self._is_disconnected = False
        self._close_timer: asyncio.TimerHandle | None = None
        self.is_writable = True
        self.peer_ip = ""
        self.local_port = 0

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_WRITE_BUFFER_BYTES)
        peer = cast("tuple[object, ...] | None", transport.get_extra_info("peername"))
        local = cast("tuple[str, int] | None", transport.get_extra_info("sockname"))
        self.peer_ip = str(peer[0]) if peer else ""
        self.local_port = local[1] if local else 0

    def data_received(self, data: bytes) -> None:
        self._frames.receive_data(data)
        self._handle_events()

    def eof_received(self) -> None:
        self._frames.receive_eof()
        self._handle_events()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._is_disconnected = True
        if self._close_timer is not None:
            self._close_timer.cancel()
        self._report_close()

    def pause_writing(self) -> None:
        self.is_writable = False

    def resume_writing(self) -> None:
        self.is_writable = True

    # Called by the handler.

    @property
    def is_open(self) -> bool:
        return self._is_accepted and not self._is_disconnected and self._frames.state is OPEN

    def validate(self, request: Request) -> bool:
        """Return whether RFC 6455 allows the upgrade request. If not, it is answered with an error."""
        self._response = self._frames.accept(request)
        if self._response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            return True
        self._respond(self._response)
        return False

    def accept(self, subprotocol: str | None) -> bool:
        """Complete the upgrade. Return False if the client has disconnected."""
        if self._is_disconnected or self._response is None:
            return False
        if subprotocol:
            self._response.headers["Sec-WebSocket-Protocol"] = subprotocol
        self._is_accepted = True
        self._respond(self._response)
        return True

    def refuse(self, status: int, body: dict[str, object]) -> None:
        """Answer the upgrade request with an HTTP error."""
        payload = json.dumps(body).encode()
        headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(payload))})
        headers["Connection"] = "close"
        self._respond(Response(status, _phrase(status), headers, payload))

    def send(self, text: bytes) -> bool:
        """Send a text message in frames of at most 32 KB. Return False if the WebSocket is not open."""
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
            self._report_close()

    def abort(self) -> None:
        """Drop the TCP connection without a close frame, as a failing network does (1006)."""
        if self._transport is not None:
            self._transport.abort()

    def _respond(self, response: Response) -> None:
        if not self._is_disconnected:
            self._frames.send_response(response)
            self._flush()

    def _handle_events(self) -> None:
        for event in self._frames.events_received():
            if isinstance(event, Request):
                self._handler.on_upgrade_request(event)
            elif isinstance(event, Frame):
                self._handle_frame(event)
        self._flush()
        if self._is_accepted and self._frames.state is not OPEN:
            self._report_close()

    def _handle_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            # https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
            self._frames.fail(CloseCode.UNSUPPORTED_DATA)
        if frame.opcode is not Opcode.TEXT and frame.opcode is not Opcode.CONT:
            return
        self._fragments.append(bytes(frame.data))
        if not frame.fin:
            return
        payload, self._fragments = b"".join(self._fragments), []
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            self._frames.fail(CloseCode.INVALID_DATA)
            return
        if self._is_accepted and not self._is_close_reported:
            self._handler.on_message(text)

    def _flush(self) -> None:
        transport = self._transport
        if transport is None or self._is_disconnected:
            return
        for data in self._frames.data_to_send():
            if data:
                transport.write(data)
            elif transport.can_write_eof():
                transport.write_eof()
        if self._close_timer is None and self._frames.close_expected():
            loop = asyncio.get_running_loop()
            self._close_timer = loop.call_later(_CLOSE_TIMEOUT_SECONDS, transport.abort)

    def _report_close(self) -> None:
        if self._is_accepted and not self._is_close_reported:
            self._is_close_reported = True
            self._handler.on_close(*self._close_status())

    def _close_status(self) -> tuple[int, str]:
        """Return the close code and reason of the side that closed first."""
        frames = self._frames
        first = frames.close_rcvd if frames.close_rcvd_then_sent else frames.close_sent or frames.close_rcvd
        if first is None:
            return _ABNORMAL_CLOSURE
        if first.code == CloseCode.NO_STATUS_RCVD:
            return _NO_STATUS
        return int(first.code), first.reason


def _select_no_subprotocol(_: ServerProtocol, __: object) -> Subprotocol | None:
    """The `$connect` integration selects the subprotocol, not the server."""
    return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
