"""The Python client plays every scenario that all clients share (tests/fixtures/clients)."""

import asyncio
import contextlib
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.client.scenario_server import STEP_SECONDS, ClientConnection, ScenarioServer, scenario_server
from websocket_sessions.client import Client, ConnectionState, Listener, SessionError, Speaker, Timings

TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "clients" / "scenarios.json").read_text(encoding="utf-8")
)
SESSION: dict[str, Any] = TABLE["session"]
SILENT = "a silent session is asked for missed messages"
DEAD = "a connection that stops answering is replaced"
OLDER = "an older answer never moves the position back"


def timings_for(name: str) -> Timings:
    """Return short waits; silence and heartbeats are short only where the scenario is about them."""
    return Timings(
        reply_seconds=STEP_SECONDS,
        gap_seconds=0.05,
        backoff_seconds=0.01,
        backoff_cap_seconds=0.02,
        silence_seconds=0.1 if name in {SILENT, OLDER} else 60.0,
        heartbeat_seconds=0.1 if name == DEAD else 60.0,
        heartbeat_reply_seconds=0.2,
        drain_seconds=0.5,
        ending_seconds=STEP_SECONDS,
        handover_jitter_seconds=0,
    )


async def token(force_refresh: bool) -> str:
    """Return a token that shows no end."""
    return "header.e30.signature"


class Application:
    """Drives one client, and records what it got."""

    def __init__(self, url: str, scenario: dict[str, Any]) -> None:
        self.delivered: list[str] = []
        self.published: list[int] = []
        self.refused: list[str] = []
        self.languages: list[str] = []
        self.error: SessionError | None = None
        self.listener: Listener | None = None
        self.speaker: Speaker | None = None
        self.changed = asyncio.Event()
        self._calls: list[asyncio.Task[None]] = []
        self._attached = asyncio.Event()
        client = Client(
            {"webSocketUrl": url},
            token=token,
            timings=timings_for(scenario["name"]),
            on_state=lambda _: self.changed.set(),
        )
        is_listener = scenario["role"] == "listener"
        self._work = asyncio.create_task(self._listen(client) if is_listener else self._speak(client))

    async def _listen(self, client: Client) -> None:
        try:
            async with client.join("caring-king-275", target_language="es") as self.listener:
                async for message in self.listener:
                    self.delivered.append(message.text)
                    self.changed.set()
        except SessionError as error:
            self.error = error
        self.changed.set()

    async def _speak(self, client: Client) -> None:
        try:
            async with client.create(source_language="en") as self.speaker:
                self._attached.set()
                await self.speaker.connection.wait_closed()
                self.error = self.speaker.connection.error  # pyright: ignore[reportAttributeAccessIssue]
        except SessionError as error:
            self.error = error
        self.changed.set()

    async def publish(self, data: str) -> None:
        """Publish without waiting for the reply."""
        await asyncio.wait_for(self._attached.wait(), STEP_SECONDS)

        async def publish() -> None:
            assert self.speaker is not None
            self.published.append(await self.speaker.publish(data))

        self._call(publish())

    def set_language(self, language: str) -> None:
        """Change the listener's language without waiting for the reply."""

        async def set_language() -> None:
            assert self.listener is not None
            await self.listener.set_language(language)
            self.languages.append(language)

        self._call(set_language())

    def leave(self) -> None:
        """Leave the session without waiting for the reply."""
        assert self.listener is not None
        self._call(self.listener.leave())

    async def reconnect(self) -> None:
        """Ask for an attempt to connect at once, when the client waits for the next one."""
        client = self.listener or self.speaker
        assert client is not None
        async with asyncio.timeout(STEP_SECONDS):
            while client.connection.state is not ConnectionState.WAITING_TO_RETRY:
                self.changed.clear()
                await self.changed.wait()
        client.connection.reconnect()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        async def record() -> None:
            try:
                await work
            except SessionError as error:
                self.refused.append(error.code)
            self.changed.set()

        self._calls.append(asyncio.create_task(record()))

    @property
    def end_reason(self) -> str | None:
        """Why the session ended, once the client is done with it."""
        if not self._work.done():
            return None
        one = self.listener or self.speaker
        return one.state.end_reason if one is not None else None

    @property
    def failure(self) -> str | None:
        """The code of the error that ended the client."""
        return self.error.code if self.error is not None and self._work.done() else None

    async def expect(self, name: str, wanted: object) -> None:
        """Wait until a property has the wanted value."""
        values = {
            "delivered": lambda: self.delivered,
            "published": lambda: self.published,
            "refused": lambda: self.refused,
            "languages": lambda: self.languages,
            "resets": lambda: self.listener.resets if self.listener else 0,
            "ended": lambda: self.end_reason,
            "failed": lambda: self.failure,
        }
        try:
            async with asyncio.timeout(STEP_SECONDS):
                while values[name]() != wanted:
                    self.changed.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.changed.wait(), 0.05)
        except TimeoutError:
            pytest.fail(f"{name} is {values[name]()!r}, wanted {wanted!r}")

    async def stop(self) -> None:
        """End the client."""
        for task in (*self._calls, self._work):
            task.cancel()
        await asyncio.wait([*self._calls, self._work], timeout=STEP_SECONDS)


class Scenario:
    """Plays the steps of one scenario."""

    def __init__(self, server: ScenarioServer, application: Application) -> None:
        self.server = server
        self.application = application
        self.remembered: dict[str, str] = {}

    async def play(self, step: dict[str, Any]) -> None:
        """Play one step."""
        match step:
            case {"accept": options}:
                await self.server.accept(token=options.get("token", False))
            case {"publish": data}:
                await self.application.publish(data)
            case {"setLanguage": language}:
                self.application.set_language(language)
            case {"leave": _}:
                self.application.leave()
            case {"reconnect": _}:
                await self.application.reconnect()
            case {"delivered": wanted} | {"published": wanted} | {"resets": wanted}:
                await self.application.expect(next(iter(step)), wanted)
            case {"refused": wanted} | {"languages": wanted}:
                await self.application.expect(next(iter(step)), wanted)
            case {"ended": wanted} | {"failed": wanted}:
                await self.application.expect(next(iter(step)), wanted)
            case _:
                await self._play_on(self.server.connections[int(step.get("on", -1))], step)

    async def _play_on(self, client: ClientConnection, step: dict[str, Any]) -> None:
        match step:
            case {"receive": wanted}:
                await self._receive(client, step, wanted)
            case {"reply": message}:
                await client.reply(message)
            case {"replyJoined": fields}:
                joined = {
                    key: SESSION[key]
                    for key in ("sessionId", "status", "sourceLanguage", "quality", "version")
                }
                reply = {"type": "sessionJoined", **joined, "epoch": SESSION["epoch"], "targetLanguage": "es"}
                await client.reply({**reply, **fields})
            case {"replySession": fields}:
                await client.reply({**SESSION, **fields})
            case {"replyError": fields}:
                await client.reply({"type": "error", **fields})
            case {"push": message}:
                await client.send(message)
            case {"pushMessage": fields}:
                await client.send(self._message(fields))
            case {"pushSkipped": fields}:
                await client.send({**self._message(fields), "skipped": True})
            case {"drop": _}:
                client.connection.transport.abort()
                await client.wait_closed()
            case {"close": code}:
                await client.connection.close(code)
            case {"closed": True}:
                await client.wait_closed()
            case _:
                pytest.fail(f"no such step: {step}")

    async def _receive(self, client: ClientConnection, step: dict[str, Any], wanted: dict[str, Any]) -> None:
        if wanted["action"] == "heartbeat":
            client.answers_heartbeats = False
        request = await client.receive(wanted)
        if "as" in step:
            self.remembered[step["as"]] = request["requestId"]
        if "sameRequestAs" in step:
            assert request["requestId"] == self.remembered[step["sameRequestAs"]]

    @staticmethod
    def _message(fields: dict[str, Any]) -> dict[str, Any]:
        return {"type": "message", "sessionId": SESSION["sessionId"], "epoch": SESSION["epoch"], **fields}


@pytest.mark.parametrize("scenario", TABLE["scenarios"], ids=lambda one: one["name"])
async def test_the_client_plays_the_scenario(scenario: dict[str, Any]) -> None:
    async with scenario_server() as server:
        application = Application(server.url, scenario)
        try:
            played = Scenario(server, application)
            for step in scenario["steps"]:
                await played.play(step)
        finally:
            await application.stop()
        if "failed" in scenario["steps"][-1] or "ended" in scenario["steps"][-1]:
            assert not server.has_unexpected_connection
