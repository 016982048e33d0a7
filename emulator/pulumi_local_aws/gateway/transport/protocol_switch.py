"""The listening socket's protocol: looks at the first request and hands the connection to whom it is for.

Upgrades go to the WebSocket protocol, everything else to aiohttp's HTTP server; both are ordinary asyncio
protocols, so neither has to know the other.
"""

import asyncio
import re
from collections.abc import Callable
from typing import cast

_END = b"\r\n\r\n"
_UPGRADE = re.compile(rb"\r\nupgrade:[ \t]*websocket[ \t]*\r\n", re.IGNORECASE)
# More than the 4,096 characters of URL and the 10,240 bytes of headers that API Gateway takes.
_MOST_BYTES = 32 * 1024


class FrontDoor(asyncio.Protocol):
    """Waits for a request's head, then lets another protocol take over the transport."""

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
        end = self._head.find(_END)
        if end < 0 and len(self._head) <= _MOST_BYTES:
            return
        upgrade = end >= 0 and _UPGRADE.search(self._head, 0, end + len(_END)) is not None
        self._hand_over(self._websocket() if upgrade else self._http())

    def _hand_over(self, protocol: asyncio.Protocol) -> None:
        transport = self._transport
        if transport is None:
            return
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(self._head)
        self._transport, self._head = None, b""
