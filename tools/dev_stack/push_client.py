"""What small clients for the terminal and for tests share: a connection whose pushes wait to be taken."""

import asyncio
import json
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

ANSWER_SECONDS = 30.0
"""How long a reply or an expected push may take; API Gateway itself gives up after 29 s."""
Message = dict[str, Any]


class PushClient(ABC):
    """One open connection, read until it ends."""

    def __init__(self, connection: ClientConnection) -> None:
        """Take an open connection."""
        self._connection = connection
        self._pushes: list[Message] = []
        self._changed = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

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

    @abstractmethod
    def _push_of(self, frame: Message) -> Message | None:
        """Return the push that a frame has, or None if the frame is something else."""

    async def _read(self) -> None:
        try:
            async for frame in self._connection:
                push = self._push_of(json.loads(frame))
                if push is not None:
                    async with self._changed:
                        self._pushes.append(push)
                        self._changed.notify_all()
        except ConnectionClosed:
            pass
