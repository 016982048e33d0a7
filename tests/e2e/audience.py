"""A speaker and listeners that come and go, by PROTOCOL.md's rules, and that account for every message."""

import asyncio
import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

from tests.support.received_messages import ReceivedMessages

PROTOCOL = "websocket-sessions.v1"
GAP_SECONDS = 1.0
"""How long a later message is held back before a listener asks for what is missing."""
SILENCE_SECONDS = 15.0
"""How long a listener hears nothing before it asks whether it missed anything: a minute, but for the test."""
REPLY_SECONDS = 30.0
LONGEST_PAUSE = 10.0
LOST = (WebSocketException, InvalidHandshake, OSError, TimeoutError)


async def open_connection(url: str, token: str | None = None) -> ClientConnection:
    """Connect as a browser does."""
    offered = [PROTOCOL, f"bearer.{token}"] if token else [PROTOCOL]
    return await connect(
        url, subprotocols=[Subprotocol(name) for name in offered], compression=None, ping_interval=None
    )


@dataclass
class Listener:
    """Listens until it has everything up to the session's end, and delivers each offset once and in order."""

    url: str
    session_id: str
    epoch: str
    chance: random.Random
    door: asyncio.Semaphore
    """Lets in so many at a time: each function that is cold costs a second of the local machine."""
    received: ReceivedMessages = field(default_factory=ReceivedMessages)
    replayed: int = 0
    connections: int = 0
    head: int = 0
    """The last offset that it was told of."""
    ended: bool = False
    _at_door: bool = False
    _asked_at: float | None = None
    _heard_at: float = 0.0
    _ask_at: float = 0.0

    @property
    def is_done(self) -> bool:
        """The session is over, and everything up to its end is there."""
        return self.ended and self.received.position >= self.head

    async def run(self, ready: asyncio.Event) -> None:
        """Come, listen, go, and come back, until everything has been accounted for."""
        failures = 0
        while not self.is_done:
            failures += 1
            await self.door.acquire()
            self._at_door = True
            with suppress(*LOST):
                async with await open_connection(self.url) as connection:
                    self.connections += 1
                    failures = 0
                    await self._listen(connection, ready)
            self._leave_door()
            await asyncio.sleep(self.chance.uniform(0, min(0.5 * 2**failures, LONGEST_PAUSE)))

    async def _listen(self, connection: ClientConnection, ready: asyncio.Event) -> None:
        """Stay for a while; leave with a close, or as a lost network does."""
        leave_at = time.monotonic() + self.chance.uniform(10, 40)
        self._asked_at, self._ask_at, self._heard_at = None, 0.0, time.monotonic()
        await self._ask(connection)
        while not self.is_done:
            if time.monotonic() > leave_at and ready.is_set():
                if self.chance.random() < 0.5:
                    connection.transport.abort()
                await asyncio.sleep(self.chance.uniform(0, 3))
                return
            try:
                frame = await asyncio.wait_for(connection.recv(), GAP_SECONDS / 2)
            except TimeoutError:
                await self._wonder(connection)
                continue
            if not await self._take(connection, json.loads(frame), ready):
                return
            await self._wonder(connection)

    def _leave_door(self) -> None:
        if self._at_door:
            self._at_door = False
            self.door.release()

    async def _wonder(self, connection: ClientConnection) -> None:
        """Ask again where a gap stays open, where there is silence, or where an answer stays out."""
        now = time.monotonic()
        if self._asked_at is not None and now - self._asked_at < REPLY_SECONDS:
            return
        waits = GAP_SECONDS if self.received.position < self.head else SILENCE_SECONDS
        if now - self._heard_at > waits and now >= self._ask_at:
            await self._ask(connection)

    async def _ask(self, connection: ClientConnection) -> None:
        self._asked_at = time.monotonic()
        request = {
            "action": "joinSession",
            "sessionId": self.session_id,
            "targetLanguage": "es",
            "epoch": self.epoch,
            "offset": self.received.position,
        }
        await connection.send(json.dumps(request))

    async def _take(
        self, connection: ClientConnection, message: dict[str, Any], ready: asyncio.Event
    ) -> bool:
        """Take in one message; false where only a new connection helps."""
        match message:
            case {"type": "message", "offset": int(offset)}:
                self.head = max(self.head, offset)
                if offset == self.received.position + 1:
                    self._heard_at = time.monotonic()
                self.received.take(offset, message["data"])
            case {"type": "sessionEnded", "offset": int(offset)}:
                self.head, self.ended = offset, True
            case {"type": "sessionJoined", "offset": int(offset), "status": status}:
                self.head = max(self.head, offset)
                self.ended = self.ended or status == "ended"
                ready.set()
                self._leave_door()
                self._asked_at, self._heard_at = None, time.monotonic()
                self.replayed += message.get("replayed", 0)
                if message.get("reset"):
                    self.received.reset(offset)
                if message.get("more"):
                    await self._ask(connection)
            case {"type": "error"}:
                self._asked_at = None
                self._ask_at = time.monotonic() + message.get("retryAfter", 0)
                self._heard_at = 0.0
                return "retryAfter" in message
            case {"message": str()}:  # API Gateway's own "Internal server error" and the like
                self._asked_at, self._ask_at = None, time.monotonic() + 1
            case _:
                pass
        return True


@dataclass
class Speaker:
    """Publishes on one connection after the other, and repeats what got no answer with the same requestId."""

    url: str
    token: str
    session: dict[str, Any] = field(default_factory=dict[str, Any])
    log: dict[int, str] = field(default_factory=dict[int, str])
    repeats: int = 0
    connections: int = 0
    _connection: ClientConnection | None = None
    _reader: asyncio.Task[None] | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waiting: dict[str, asyncio.Future[dict[str, Any]]] = field(
        default_factory=dict[str, "asyncio.Future[dict[str, Any]]"]
    )

    async def create(self) -> None:
        """Create the session."""
        self.session = await self._until_answered(
            "create", action="createSession", sourceLanguage="en", quality="standard"
        )

    async def publish(self, number: int) -> None:
        """Publish one message, however often it takes."""
        data = f"message {number}"
        reply = await self._until_answered(f"p{number}", action="publish", data=data)
        offset = reply["offset"]
        assert self.log.setdefault(offset, data) == data

    async def close(self) -> None:
        """End the session and the connection."""
        await self._until_answered("end", action="endSession")
        if self._connection is not None:
            await self._connection.close()

    async def _until_answered(self, request_id: str, **fields: Any) -> dict[str, Any]:
        while True:
            try:
                reply = await self._request(request_id, fields)
            except LOST:
                self.repeats += 1
                await asyncio.sleep(0.2)
                continue
            if reply["type"] != "error":
                return reply
            assert reply["code"] in {"RATE_LIMITED", "UNAVAILABLE", "INTERNAL", "FORBIDDEN"}, reply
            self.repeats += 1
            if reply["code"] == "FORBIDDEN":  # this connection was replaced, or is not attached yet
                await self._drop()
            await asyncio.sleep(reply.get("retryAfter", 0.2))

    async def _request(self, request_id: str, fields: dict[str, Any]) -> dict[str, Any]:
        connection = await self._connected()
        answer = self._waiting[request_id] = asyncio.get_running_loop().create_future()
        await connection.send(json.dumps({"requestId": request_id, **fields}))
        return await asyncio.wait_for(answer, REPLY_SECONDS)

    async def _connected(self) -> ClientConnection:
        async with self._lock:
            if self._connection is not None and self._reader is not None and not self._reader.done():
                return self._connection
            self._connection = await open_connection(self.url, self.token)
            self._reader = asyncio.create_task(self._read(self._connection))
            self.connections += 1
            if self.session:
                answer = self._waiting["resume"] = asyncio.get_running_loop().create_future()
                resume = {"requestId": "resume", "action": "resumeSession"}
                await self._connection.send(json.dumps({**resume, "sessionId": self.session["sessionId"]}))
                reply = await asyncio.wait_for(answer, REPLY_SECONDS)
                if reply["type"] == "error":
                    self._connection.transport.abort()
                    raise OSError(reply["code"])
            return self._connection

    async def _drop(self) -> None:
        if self._connection is not None:
            self._connection.transport.abort()

    async def _read(self, connection: ClientConnection) -> None:
        with suppress(WebSocketException):
            async for frame in connection:
                message = json.loads(frame)
                answer = self._waiting.get(str(message.get("requestId")))
                if answer is not None and not answer.done():
                    answer.set_result(message)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(OSError("the connection was lost"))
