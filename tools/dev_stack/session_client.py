"""A small client of the session protocol for the terminal and for tests; PROTOCOL.md has the messages.

It neither reconnects nor recovers: its caller sees each of those steps. The client for
applications is in web/.
"""

import asyncio
import itertools
import json
import secrets
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tools.dev_stack.push_client import ANSWER_SECONDS, Message, PushClient

PROTOCOL = "websocket-sessions.v1"


class Refused(Exception):  # noqa: N818 - the protocol's word for an error reply
    """The server answered with an error; `reply` is all of it, `code` its code."""

    def __init__(self, reply: Message) -> None:
        """Keep the reply."""
        super().__init__(f"{reply.get('code')}: {reply.get('message')}")
        self.reply = reply
        self.code = str(reply.get("code"))


class SessionClient(PushClient):
    """One connection. Use `SessionClient.open`, or `async with await SessionClient.open(...)`."""

    def __init__(self, connection: ClientConnection) -> None:
        """Take an open connection; `open` is the way in."""
        super().__init__(connection)
        # Unique beyond the connection: a requestId that was used before means the same request again.
        self._request_ids = (f"{secrets.token_hex(4)}-{number}" for number in itertools.count(1))
        self._waiting: dict[str, asyncio.Future[Message]] = {}

    @classmethod
    async def open(cls, url: str, token: str | None = None) -> Self:
        """Connect; the token goes as a subprotocol, as from a browser, so that no URL or log shows it.

        Raises websockets' InvalidStatus where the server refuses (401, 403).
        """
        offered = [PROTOCOL, f"bearer.{token}"] if token else [PROTOCOL]
        connection = await connect(
            url,
            subprotocols=[Subprotocol(name) for name in offered],
            compression=None,
            ping_interval=None,
            open_timeout=ANSWER_SECONDS,
        )
        return cls(connection)

    async def request(self, action: str, **fields: Any) -> Message:
        """Send an action and return its reply; raises Refused for an error, TimeoutError for silence."""
        number = str(fields.pop("requestId", None) or next(self._request_ids))
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            await self.send_text(json.dumps({"action": action, "requestId": number, **fields}))
            reply = await asyncio.wait_for(answer, ANSWER_SECONDS)
        finally:
            del self._waiting[number]
        if reply.get("type") == "error":
            raise Refused(reply)
        return reply

    async def send_text(self, text: str) -> None:
        """Send a frame as it is; what comes back without a known requestId is among the pushes."""
        await self._connection.send(text)

    async def closed(self) -> int | None:
        """Wait for the end of the connection and return its close code."""
        await asyncio.wait_for(self._reader, ANSWER_SECONDS)
        return self._connection.close_code

    def _push_of(self, frame: Message) -> Message | None:
        """Return the frame, unless it is the reply to a request that waits."""
        answer = self._waiting.get(str(frame.get("requestId")))
        if answer is None or answer.done():
            return frame
        answer.set_result(frame)
        return None

    async def _read(self) -> None:
        await super()._read()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError("the connection ended before the reply came"))
