"""A management API of API Gateway's kind on loopback: answers as a test says, and remembers what it got."""

import asyncio
import json
import ssl
import threading
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a request gets: a status, after `delay` seconds, or a closed connection in place of one.

    It is held until all connections of `after` have had an answer.
    """

    status: int = 200
    delay: float = 0.0
    after: frozenset[str] = frozenset()
    drop: bool = False
    close_after: bool = False


@dataclass(frozen=True, kw_only=True)
class Got:
    """One request that arrived, in the order of arrival."""

    method: str
    connection_id: str
    headers: dict[str, str]
    body: bytes
    socket: int
    """Which of the sockets opened it came by, counted from 1."""


@dataclass
class ManagementApi:
    """Answers 200 until `answer` says otherwise."""

    answer: Callable[[Got], Answer] = lambda _: Answer()
    requests: list[Got] = field(default_factory=list[Got])
    answered: set[str] = field(default_factory=set[str])
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at the next answer."""
    opened: int = 0
    at_once: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most_at_once: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    port: int = 0

    @property
    def url(self) -> str:
        """The callback URL of a stage."""
        return f"http://127.0.0.1:{self.port}/api/stage"

    def pushes(self, connection_id: str) -> list[Any]:
        """The messages delivered to one connection with 200, in order."""
        return [json.loads(got.body) for got in self.posted(connection_id)]

    def posted(self, connection_id: str) -> list[Got]:
        """The POST requests for one connection."""
        return [got for got in self.requests if (got.method, got.connection_id) == ("POST", connection_id)]

    def deleted(self) -> list[str]:
        """The connections that were closed from the server's side."""
        return [got.connection_id for got in self.requests if got.method == "DELETE"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One HTTP/1.1 keep-alive connection."""
        self.opened += 1
        socket = self.opened
        try:
            while (got := await self._read(reader, socket)) is not None:
                self.requests.append(got)
                self.at_once[got.connection_id] += 1
                self.most_at_once[got.connection_id] = max(
                    self.most_at_once[got.connection_id], self.at_once[got.connection_id]
                )
                answer = self.answer(got)
                if answer.delay:
                    await asyncio.sleep(answer.delay)
                while not answer.after <= self.answered:
                    await self.news.wait()
                self.at_once[got.connection_id] -= 1
                if answer.drop:
                    return
                self.answered.add(got.connection_id)
                self.news.set()
                self.news = asyncio.Event()
                body = b"" if answer.status == 204 else b'{"message":"x"}'
                writer.write(
                    f"HTTP/1.1 {answer.status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
                )
                if answer.close_after:
                    return
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    @staticmethod
    async def _read(reader: asyncio.StreamReader, socket: int) -> Got | None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.strip().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        connection_id = unquote(path.rpartition("/@connections/")[2])
        return Got(method=method, connection_id=connection_id, headers=headers, body=body, socket=socket)


@contextmanager
def management_api(
    api: ManagementApi | None = None, tls: ssl.SSLContext | None = None
) -> Generator[ManagementApi]:
    """Serve in a thread of its own while the block runs."""
    served = api or ManagementApi()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(served.serve, "127.0.0.1", 0, ssl=tls))
    served.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
