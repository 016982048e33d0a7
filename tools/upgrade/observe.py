"""A live session while its stack is upgraded and rolled back: what its clients saw."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tools.dev_stack.users import create_user, remove_user
from tools.upgrade import follow
from websocket_sessions.client import Client, SessionError, Speaker

PAUSE_SECONDS = 0.2
MESSAGES_BETWEEN = 15
"""Messages that are published before the first step, and after each."""
END_SECONDS = 120.0
"""More than a listener takes to come to the end of the session."""
Step = tuple[str, Callable[[], str]]
"""What a step does, and how; it returns the engine's summary of the resources."""


@dataclass(kw_only=True)
class Listener:
    """A process that follows the session, and what it printed."""

    library: str
    process: asyncio.subprocess.Process
    delivered: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    joined: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        """Read until the session ends."""
        lines = cast("asyncio.StreamReader", self.process.stdout)
        async for line in lines:
            if line.strip() == b"joined":
                self.joined.set()
            else:
                offset, text = json.loads(line)
                self.delivered.append((offset, text))


@dataclass(kw_only=True)
class Observation:
    """A session with a speaker of this checkout's client library, and listeners of two libraries."""

    config: dict[str, Any]
    libraries: Mapping[str, Path]
    """The folder of each client library, by its name."""
    say: Callable[[str], None]
    log: dict[int, str] = field(default_factory=dict[int, str])
    acknowledged: asyncio.Condition = field(default_factory=asyncio.Condition)
    """Notified of each message in the log."""
    slowest_seconds: float = 0.0
    """The longest time that an acknowledgement took since it was last looked at."""
    failures: list[str] = field(default_factory=list[str])
    _sessions: AsyncExitStack = field(default_factory=AsyncExitStack)
    _newest: Speaker | None = None
    """The speaker of the session that was created in the last step."""

    async def run(self, steps: Sequence[Step], aws: Mapping[str, str]) -> None:
        """Take each step while the session is live, then end it and account for each message."""
        user = await asyncio.to_thread(create_user, self.config, aws)

        async def token(_: bool) -> str:
            return user.token

        client = Client(self.config, token=token)
        try:
            async with AsyncExitStack() as self._sessions:
                speaker = await self._sessions.enter_async_context(client.create(source_language="en"))
                listeners = [await self._follow(name, speaker.session_id) for name in self.libraries]
                reading = [asyncio.create_task(listener.read()) for listener in listeners]
                await asyncio.gather(*(listener.joined.wait() for listener in listeners))
                publishing = asyncio.create_task(self._publish(speaker))
                await self._phase("before", client, speaker)
                for name, step in steps:
                    changes = await asyncio.to_thread(step)
                    self.say(f"{name}: {changes}; slowest acknowledgement {self._slowest():.1f} s")
                    await self._phase(f"after: {name}", client, speaker)
                publishing.cancel()
                await speaker.end()
                await asyncio.wait(reading, timeout=END_SECONDS)
            self._account_for(listeners)
        finally:
            await asyncio.to_thread(remove_user, self.config, aws, user.name)

    async def _follow(self, library: str, session_id: str) -> Listener:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(follow.__file__)),
            json.dumps(self.config),
            session_id,
            env={**os.environ, "PYTHONPATH": str(self.libraries[library])},
            stdout=asyncio.subprocess.PIPE,
        )
        return Listener(library=library, process=process)

    async def _publish(self, speaker: Speaker) -> None:
        number = 0
        while True:
            number += 1
            started = time.monotonic()
            offset = await speaker.publish(f"message {number}")
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - started)
            async with self.acknowledged:
                self.log[offset] = f"message {number}"
                self.acknowledged.notify_all()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _phase(self, name: str, client: Client, speaker: Speaker) -> None:
        """Publish for a while, reconnect the speaker, and try what a client that comes now does."""
        await self._publish_more()
        speaker.connection.abort_socket()
        await self._publish_more()
        await self._try(f"{name}: joining the live session", self._hear_one(speaker))
        if self._newest is not None:
            newest = self._newest
            await self._try(f"{name}: joining the session of the step before", self._hear_one(newest))
        await self._try(f"{name}: a new session", self._new_session(client))
        self.say(f"{name}: {len(self.log)} messages; slowest acknowledgement {self._slowest():.1f} s")

    async def _publish_more(self) -> None:
        until = len(self.log) + MESSAGES_BETWEEN
        async with asyncio.timeout(END_SECONDS), self.acknowledged:
            await self.acknowledged.wait_for(lambda: len(self.log) >= until)

    async def _hear_one(self, speaker: Speaker) -> None:
        """Join as a new listener, and wait for a message that is published then."""
        async with (
            asyncio.timeout(END_SECONDS),
            Client(self.config).join(speaker.session_id, target_language="fr") as listener,
        ):
            await speaker.publish("to a new listener")
            async for _ in listener:
                return

    async def _new_session(self, client: Client) -> None:
        """Create a session, which stays for the next step, and listen to it."""
        self._newest = await self._sessions.enter_async_context(client.create(source_language="en"))
        await self._hear_one(self._newest)

    async def _try(self, what: str, trial: Any) -> None:
        try:
            await trial
        except (SessionError, TimeoutError) as error:
            self.failures.append(f"{what}: {error!r}")
            self.say(self.failures[-1])

    def _slowest(self) -> float:
        slowest, self.slowest_seconds = self.slowest_seconds, 0.0
        return slowest

    def _account_for(self, listeners: Sequence[Listener]) -> None:
        doubled = len(self.log) - len(set(self.log.values()))
        if doubled:
            self.failures.append(f"{doubled} messages are in the log twice")
        for listener in listeners:
            offsets = [offset for offset, _ in listener.delivered]
            lost, twice = set(self.log) - set(offsets), len(offsets) - len(set(offsets))
            line = f"listener with the library of {listener.library}: {len(offsets)} messages"
            self.say(f"{line}, {len(lost)} lost, {twice} doubled")
            if lost or twice or offsets != sorted(offsets) or listener.process.returncode not in (0, None):
                self.failures.append(f"{line}: lost {sorted(lost)[:5]}, {twice} doubled")
