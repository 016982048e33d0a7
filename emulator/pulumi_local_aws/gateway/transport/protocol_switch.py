"""Reads the first request of a TCP connection and selects the WebSocket or the HTTP protocol for it.

Upgrade requests go to the WebSocket protocol, all others to aiohttp's HTTP server. Both are ordinary asyncio
protocols and do not know each other.
"""

import asyncio
import re
from collections.abc import Callable
from typing import cast

_END_OF_HEAD = b"\r\n\r\n"
_UPGRADE = re.compile(rb"\r\nupgrade:[ \t]*websocket[ \t]*\r\n", re.IGNORECASE)
# More than API Gateway's 4,096 characters of URL and 10,240 bytes of headers.
_MAX_HEAD_BYTES = 32 * 1024


class ProtocolSwitch(asyncio.Protocol):
    """Waits for the head of the first request, then passes the transport to another protocol."""

    def __init__(
        self, http: Callable[[], asyncio.Protocol], websocket: Callable[[], asyncio.Protocol]
    ) -> None:
        self._http = http
        self._websocket = websocket
        self._transport: asyncio.Transport | None = None
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._head += data
        end = self._head.find(_END_OF_HEAD)
        if end < 0 and len(self._head) <= _MAX_HEAD_BYTES:
            return
        is_upgrade = end >= 0 and _UPGRADE.search(self._head, 0, end + len(_END_OF_HEAD)) is not None
        self._switch_to(self._websocket() if is_upgrade else self._http())

    def _switch_to(self, protocol: asyncio.Protocol) -> None:
        transport = self._transport
        if transport is None:
            return
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(self._head)
        self._transport, self._head = None, b""
