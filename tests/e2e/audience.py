"""A speaker and listeners on the Python client that lose their networks and record every message."""

import asyncio
import contextlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.deployment import Deployment
from tests.support.reliability import Figures
from websocket_sessions.client import Client, Timings
from websocket_sessions.client import Listener as JoinedListener
from websocket_sessions.client import Speaker as AttachedSpeaker

TIMINGS = Timings(reply_seconds=30.0, silence_seconds=15.0)
"""Cold functions reply late on two cores, and a lost last message is requested after 15 s instead of 60 s."""


@dataclass
class Listener:
    """Listens until the session has ended and every message up to its end was delivered."""

    config: Mapping[str, Any]
    session_id: str
    chance: random.Random
    arriving: asyncio.Semaphore
    """Limits the listeners that join at a time: each cold function costs a second of the local machine."""
    delivered: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    resets: int = 0
    losses: int = 0
    """How often this listener lost its network."""

    async def run(self, joined: asyncio.Event) -> None:
        """Join, and record every message until the session's end."""
        client = Client(self.config, timings=TIMINGS)
        async with contextlib.AsyncExitStack() as stack:
            async with self.arriving:
                joining = client.join(self.session_id, target_language="es")
                listener = await stack.enter_async_context(joining)
            joined.set()
            losing = asyncio.create_task(self._lose_networks(listener))
            stack.callback(losing.cancel)
            async for message in listener:
                self.delivered.append((message.offset, message.text))
            self.resets = listener.resets

    async def _lose_networks(self, listener: JoinedListener) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(10, 40))
            self.losses += 1
            listener.connection.abort_socket()

    def check(self, log: Mapping[int, str]) -> None:
        """Assert that each offset of the log was delivered once and in order."""
        assert self.resets == 0
        assert self.delivered == sorted(log.items())


async def start_listeners(
    deployment: Deployment, session_id: str, count: int, *, joining: int
) -> tuple[list[Listener], list[asyncio.Task[None]]]:
    """Let listeners join one after the other, since every function starts cold; return them and their runs.

    Later, at most `joining` of them join again at a time.
    """
    arriving = asyncio.Semaphore(joining)
    listeners = [
        Listener(
            deployment.config,
            session_id,
            chance=random.Random(number),  # noqa: S311 -- repeatable on purpose
            arriving=arriving,
        )
        for number in range(count)
    ]
    runs: list[asyncio.Task[None]] = []
    for listener in listeners:
        joined = asyncio.Event()
        runs.append(asyncio.create_task(listener.run(joined)))
        await joined.wait()
    return listeners, runs


def account_for(
    figures: Figures, log: Mapping[int, str], listeners: Sequence[Listener], *, stuck: int
) -> None:
    """Count what the listeners got of a log, and assert that each got all of it once and in order.

    `stuck` is the number of listeners that did not come to the end of the session.
    """
    offsets = [[offset for offset, _ in listener.delivered] for listener in listeners]
    figures.tried(sum(map(len, offsets)))
    figures.failures(
        lost=sum(len(set(log) - set(found)) for found in offsets),
        doubled=sum(len(found) - len(set(found)) for found in offsets),
        stuck=stuck,
    )
    for listener in listeners:
        listener.check(log)


@dataclass
class Publisher:
    """Publishes numbered messages and records the offset of each."""

    speaker: AttachedSpeaker
    log: dict[int, str] = field(default_factory=dict[int, str])

    async def publish(self, number: int) -> None:
        """Publish one message; the client repeats it until the log has it."""
        data = f"message {number}"
        offset = await self.speaker.publish(data)
        assert self.log.setdefault(offset, data) == data
