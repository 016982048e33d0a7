"""A small client of the session protocol for the terminal and for tests; PROTOCOL.md has the messages.

It neither reconnects nor recovers: its caller sees each of those steps. The client for
applications is in web/.
"""

import asyncio
import itertools
import json
import secrets
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PROTOCOL = "websocket-sessions.v1"
ANSWER_SECONDS = 30.0
"""How long a reply or an expected push may take; API Gateway itself gives up after 29 s."""
Message = dict[str, Any]


class Refused(Exception):  # noqa: N818 - the protocol's word for an error reply
    """The server answered with an error; `reply` is all of it, `code` its code."""

    def __init__(self, reply: Message) -> None:
        """Keep the reply."""
        super().__init__(f"{reply.get('code')}: {reply.get('message')}")
        self.reply = reply
        self.code = str(reply.get("code"))


class SessionClient:
    """One connection. Use `SessionClient.open`, or `async with await SessionClient.open(...)`."""

    def __init__(self, connection: ClientConnection) -> None:
        """Take an open connection; `open` is the way in."""
        self._connection = connection
        # Unique beyond the connection: a requestId that was used before means the same request again.
        self._request_ids = (f"{secrets.token_hex(4)}-{number}" for number in itertools.count(1))
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._pushes: list[Message] = []
        self._changed = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

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

    async def push(self, kind: str, seconds: float = ANSWER_SECONDS, **fields: Any) -> Message:
        """Return the next push of a type whose fields have the given values, and take it out of the queue."""
        wanted = {"type": kind, **fields}

        def found() -> bool:
            return any(message.items() >= wanted.items() for message in self._pushes)

        async with self._changed, asyncio.timeout(seconds):
            await self._changed.wait_for(found)
            message = next(message for message in self._pushes if message.items() >= wanted.items())
            self._pushes.remove(message)
        return message

    @property
    def pushes(self) -> list[Message]:
        """The pushes that nobody has taken yet, in order of arrival."""
        return list(self._pushes)

    async def closed(self) -> int | None:
        """Wait for the end of the connection and return its close code."""
        await asyncio.wait_for(self._reader, ANSWER_SECONDS)
        return self._connection.close_code

    async def close(self) -> None:
        """Close as a client that leaves does."""
        await self._connection.close()
        await self._reader

    async def cut(self) -> None:
        """End the connection as a lost network does: without a close frame."""
        self._connection.transport.abort()
        await self._reader

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _read(self) -> None:
        try:
            async for frame in self._connection:
                await self._sort_in(json.loads(frame))
        except ConnectionClosed:
            pass
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError("the connection ended before the reply came"))

    async def _sort_in(self, message: Message) -> None:
        answer = self._waiting.get(str(message.get("requestId")))
        if answer is not None and not answer.done():
            answer.set_result(message)
            return
        async with self._changed:
            self._pushes.append(message)
            self._changed.notify_all()
