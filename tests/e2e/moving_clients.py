"""A speaker and a listener that move to a new connection when asked to, or when cut, as PROTOCOL.md says."""

import asyncio
from contextlib import suppress
from time import monotonic

from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.e2e.deployment import Deployment, User
from tools.dev_stack.session_client import Refused, SessionClient

LOST = (ConnectionClosed, ConnectionError, InvalidStatus, TimeoutError, OSError)
"""How a client sees the end of its connection."""

BEATS: set[asyncio.Task[None]] = set()
"""What keeps the tasks of open connections from being collected; each ends with its connection."""

ALL_BUT_CUT = 6
"""Seconds after which a scaled connection that was not asked to move has been cut."""


async def lively(deployment: Deployment, user: User | None = None) -> SessionClient:
    """Connect, and beat often enough for an idle limit of less than half a second."""
    client = await deployment.connect(user)

    async def beat() -> None:
        with suppress(*LOST):
            while True:
                await client.send_text('{"action": "heartbeat"}')
                await asyncio.sleep(0.1)

    BEATS.add(beats := asyncio.create_task(beat()))
    beats.add_done_callback(BEATS.discard)
    return client


class Speaker:
    """Publishes without a pause, and moves to a new connection whenever it is asked to, or was cut."""

    def __init__(self, deployment: Deployment, user: User) -> None:
        self._deployment = deployment
        self._user = user
        self._done = False
        self.published: list[str] = []
        self.handovers = 0

    async def create(self) -> tuple[str, str]:
        """Create the session; its id and epoch."""
        self._current = await lively(self._deployment, self._user)
        created = await self._current.request("createSession", sourceLanguage="en", quality="standard")
        self._session = str(created["sessionId"])
        return self._session, str(created["epoch"])

    async def publish(self, until: float) -> None:
        """Publish again and again, each word until it is answered: repeated with its requestId."""
        while monotonic() < until:
            number = len(self.published) + 1
            reply = None
            while reply is None:
                try:
                    reply = await self._current.request(
                        "publish", requestId=f"p{number}", data=f"word {number}"
                    )
                except (*LOST, Refused):
                    await asyncio.sleep(0.05)
            assert reply["offset"] == number
            self.published.append(f"word {number}")
        self._done = True

    async def move(self) -> None:
        """Resume on a second connection, and only then close the first, until all is published."""
        while not self._done:
            with suppress(TimeoutError):
                await self._current.push("connectionRefreshRequired", seconds=ALL_BUT_CUT)
            try:
                following = await lively(self._deployment, self._user)
                await following.request("resumeSession", sessionId=self._session)
            except (*LOST, Refused):
                continue
            before, self._current = self._current, following
            self.handovers += 1
            await before.close()

    async def close(self) -> None:
        await self._current.close()


class Listener:
    """Joins with the position that it has, and drops by offset what comes twice."""

    def __init__(self, deployment: Deployment, session: str, epoch: str) -> None:
        self._deployment = deployment
        self._joining = {"sessionId": session, "targetLanguage": "es", "epoch": epoch}
        self._clients: list[SessionClient] = []
        self.handovers = 0

    async def move(self, until: float) -> None:
        """Join on a second connection, and only then close the first."""
        while monotonic() < until:
            before = self._clients[-1:]
            try:
                await self.join()
            except (*LOST, Refused):
                continue
            for one in before:
                await one.close()
            self.handovers += 1
            with suppress(TimeoutError):
                await self._clients[-1].push("connectionRefreshRequired", seconds=ALL_BUT_CUT)

    async def join(self) -> None:
        """Open a connection, and recover up to the present."""
        client = await lively(self._deployment)
        self._clients.append(client)
        more = True
        while more:
            reply = await client.request("joinSession", **self._joining, offset=len(self.heard))
            assert "reset" not in reply
            more = "more" in reply

    @property
    def heard(self) -> list[str]:
        """What was said, from the first offset on, as far as nothing is missing."""
        by_offset: dict[int, str] = {}
        for push in (push for client in self._clients for push in client.pushes if push["type"] == "message"):
            assert by_offset.setdefault(push["offset"], push["data"]) == push["data"]
        words: list[str] = []
        while len(words) + 1 in by_offset:
            words.append(by_offset[len(words) + 1])
        return words

    async def close(self) -> None:
        for client in self._clients:
            await client.close()
