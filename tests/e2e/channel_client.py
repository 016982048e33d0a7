"""A small client of the audience's channel: the WebSocket protocol of AppSync Events, and nothing more.

https://docs.aws.amazon.com/appsync/latest/eventapi/event-api-websocket-protocol.html
"""

import asyncio
import base64
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tools.dev_stack.session_client import ANSWER_SECONDS

PROTOCOL = "aws-appsync-event-ws"
Push = dict[str, Any]


class ChannelRefused(Exception):  # noqa: N818 -- named as the refusal of an action
    """AppSync refused a connection or a subscription; `errors` is its answer."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        """Keep the errors."""
        super().__init__(json.dumps(errors))
        self.errors = errors


class ChannelClient:
    """One subscription. Use `ChannelClient.subscribe`."""

    def __init__(self, connection: ClientConnection) -> None:
        """Take a connection that has subscribed; `subscribe` is the way in."""
        self._connection = connection
        self.pushes: list[Push] = []
        self._changed = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def subscribe(cls, offer: Mapping[str, str], name: str | None = None) -> Self:
        """Connect and subscribe as an offer says, or to another channel with the offer's token.

        Raises ChannelRefused if the connection or the subscription is refused.
        """
        authorization = {"host": offer["host"], "Authorization": offer["authorization"]}
        header = base64.urlsafe_b64encode(json.dumps(authorization).encode()).decode().rstrip("=")
        protocols = [Subprotocol(PROTOCOL), Subprotocol(f"header-{header}")]
        connection = await connect(
            offer["url"], subprotocols=protocols, compression=None, open_timeout=ANSWER_SECONDS
        )
        request = {"type": "subscribe", "id": "1", "channel": name or offer["name"]}
        try:
            await connection.send(json.dumps({"type": "connection_init"}))
            await _answer(connection, "connection_ack")
            await connection.send(json.dumps({**request, "authorization": authorization}))
            await _answer(connection, "subscribe_success")
        except ConnectionClosed as closed:
            raise ChannelRefused([{"message": str(closed)}]) from closed
        except ChannelRefused:
            await connection.close()
            raise
        return cls(connection)

    async def push(self, kind: str, seconds: float = ANSWER_SECONDS, **fields: Any) -> Push:
        """Return the next push of a type whose fields have the given values, and take it out of the queue."""
        wanted = {"type": kind, **fields}

        def found() -> bool:
            return any(push.items() >= wanted.items() for push in self.pushes)

        async with self._changed, asyncio.timeout(seconds):
            await self._changed.wait_for(found)
            push = next(push for push in self.pushes if push.items() >= wanted.items())
            self.pushes.remove(push)
        return push

    async def cut(self) -> None:
        """End the connection as a lost network does: without a close frame."""
        self._connection.transport.abort()
        await self._reader

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.close()
        await self._reader

    async def _read(self) -> None:
        try:
            async for frame in self._connection:
                received = json.loads(frame)
                if received["type"] == "data":
                    async with self._changed:
                        self.pushes.append(json.loads(received["event"]))
                        self._changed.notify_all()
        except ConnectionClosed:
            pass


async def _answer(connection: ClientConnection, kind: str) -> None:
    """Wait for an answer. Raises ChannelRefused for an error."""
    while True:
        received = json.loads(await asyncio.wait_for(connection.recv(), ANSWER_SECONDS))
        if received["type"] == kind:
            return
        if received["type"] != "ka":
            raise ChannelRefused(received.get("errors", []))
