"""The audience's channel on a deployed stack: the switch, losses, every push, and who may subscribe."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.e2e.channel_client import ChannelClient, ChannelRefused
from tests.e2e.deployment import Deployment, User
from tools.dev_stack.session_client import SessionClient

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
REFUSED = "Unauthorized|4401"
"""The error of a connection that is not allowed, or the code with which AppSync closes it first."""
CREATE = {"sourceLanguage": "en", "quality": "standard"}
QUEUED_SECONDS = 60.0
"""More than the queue takes to redeliver a task on two busy cores."""
DURING_SWITCH = 5
"""Messages that are published while a listener moves to the channel."""


@dataclass
class Audience:
    """A speaker and one session."""

    deployment: Deployment
    speaker: SessionClient
    session: str
    epoch: str

    async def publish(self, data: str) -> int:
        """Publish a message and return its offset."""
        return (await self.speaker.request("publish", data=data))["offset"]

    async def join(self, listener: SessionClient, language: str = "es", **fields: Any) -> dict[str, Any]:
        """Join, with a position if `offset` is given; return the reply."""
        position = {"epoch": self.epoch} if "offset" in fields else {}
        return await listener.request(
            "joinSession", sessionId=self.session, targetLanguage=language, **position, **fields
        )


@asynccontextmanager
async def audience(deployment: Deployment, user: User) -> AsyncGenerator[Audience]:
    async with await deployment.connect(user) as speaker:
        created = await speaker.request("createSession", **CREATE)
        yield Audience(deployment, speaker, created["sessionId"], created["epoch"])


async def pushes_on(live: Audience, listener: SessionClient) -> list[dict[str, Any]]:
    """Return what was pushed on a connection up to now: the reply follows all earlier pushes."""
    await listener.request("getSession", sessionId=live.session)
    return listener.pushes


def offsets(pushes: list[dict[str, Any]]) -> set[int]:
    """Return the offsets of the messages among pushes."""
    return {push["offset"] for push in pushes if push["type"] == "message"}


async def test_a_listener_moves_to_the_channel_and_back_and_misses_nothing(
    deployment: Deployment, speaker_user: User
) -> None:
    async with (
        audience(deployment, speaker_user) as live,
        await deployment.connect() as direct,
        await deployment.connect() as moving,
    ):
        assert "onChannel" not in await live.join(direct)
        joined = await live.join(moving)
        offer = joined["channel"]
        assert offer["service"] == "appSyncEvents"
        assert offer["name"] == f"/sessions/{live.session}-{joined['epoch']}/es"
        first = await live.publish("before the switch")
        await moving.push("message", offset=first)

        publishing = asyncio.create_task(_publish_some(live))
        async with await ChannelClient.subscribe(offer) as channel:
            switched = await live.join(moving, offset=first, onChannel=True)
            last = (await publishing)[-1]
            after = await live.publish("after the switch")
            assert switched["onChannel"] is True
            await channel.push("message", offset=after)
            on_connection = offsets(await pushes_on(live, moving))
            assert on_connection | offsets(channel.pushes) >= set(range(first + 1, last + 1))
            assert after not in on_connection
            await direct.push("message", offset=after)
            assert offsets(direct.pushes) == set(range(1, after))

            await live.speaker.request("updateSession", status="paused")
            for client in (channel, direct):
                assert (await client.push("sessionUpdated"))["status"] == "paused"
            await live.speaker.request("updateSession", status="active")
            await channel.push("sessionUpdated", status="active")
            assert "sessionUpdated" not in {push["type"] for push in await pushes_on(live, moving)}
            await channel.cut()

        missed = await live.publish("while the channel is lost")
        back = await live.join(moving, offset=after)
        assert "onChannel" not in back
        assert (back["replayed"], back["channel"]["name"]) == (1, offer["name"])
        assert (await moving.push("message", offset=missed))["data"] == "while the channel is lost"
        direct_again = await live.publish("on the connection")
        assert (await moving.push("message", offset=direct_again))["data"] == "on the connection"
        await live.speaker.request("endSession")
        await moving.push("sessionEnded")


async def _publish_some(live: Audience) -> list[int]:
    return [await live.publish(f"during the switch {number}") for number in range(DURING_SWITCH)]


async def test_a_new_connection_joins_on_the_channel_while_the_subscription_stands(
    deployment: Deployment, speaker_user: User
) -> None:
    async with audience(deployment, speaker_user) as live:
        lost = await deployment.connect()
        offer = (await live.join(lost))["channel"]
        async with await ChannelClient.subscribe(offer) as channel, await deployment.connect() as moved:
            await live.join(lost, offset=0, onChannel=True)
            await lost.cut()
            first = await live.publish("without a connection")
            await channel.push("message", offset=first)
            joined = await live.join(moved, offset=first, onChannel=True)
            assert (joined["onChannel"], joined["replayed"]) == (True, 0)
            second = await live.publish("with a new connection")
            assert (await channel.push("message", offset=second))["data"] == "with a new connection"
            assert offsets(await pushes_on(live, moved)) == set()
            await live.speaker.request("endSession")
            assert (await channel.push("sessionEnded"))["sessionId"] == live.session


async def test_each_language_has_a_channel_of_its_own(deployment: Deployment, speaker_user: User) -> None:
    async with (
        audience(deployment, speaker_user) as live,
        await deployment.connect() as spanish,
        await deployment.connect() as french,
    ):
        offers = {
            "es": (await live.join(spanish, "es"))["channel"],
            "fr": (await live.join(french, "fr"))["channel"],
        }
        async with (
            await ChannelClient.subscribe(offers["es"]) as on_spanish,
            await ChannelClient.subscribe(offers["fr"]) as on_french,
        ):
            await live.join(spanish, "es", offset=0, onChannel=True)
            await live.join(french, "fr", offset=0, onChannel=True)
            offset = (await live.speaker.request("publish", data="hola", targetLanguages=["es"]))["offset"]
            both = await live.publish("hello")
            assert (await on_spanish.push("message", offset=offset))["data"] == "hola"
            assert (await on_french.push("message", offset=offset))["skipped"] is True
            for channel in (on_spanish, on_french):
                assert (await channel.push("message", offset=both))["data"] == "hello"
            await live.speaker.request("endSession")


async def test_a_token_admits_to_its_own_channel_and_publishes_nowhere(
    deployment: Deployment, speaker_user: User
) -> None:
    async with audience(deployment, speaker_user) as live, await deployment.connect() as listener:
        offer = (await live.join(listener))["channel"]
        for name in (f"/sessions/{live.session}/fr", "/sessions/*", f"/sessions/{live.session}/*"):
            with pytest.raises(ChannelRefused, match=REFUSED):
                await ChannelClient.subscribe(offer, name)
        body, _, signature = offer["authorization"].partition(".")
        for token in (f"{body}.{signature[::-1]}", "", body):
            with pytest.raises(ChannelRefused, match=REFUSED):
                await ChannelClient.subscribe({**offer, "authorization": token})
        assert await asyncio.to_thread(_publish_as_client, offer) in {401, 403}
        await live.speaker.request("endSession")


def _publish_as_client(offer: dict[str, str]) -> int:
    """Publish with a listener's token; return the status."""
    url = offer["url"].replace("ws", "http", 1).replace("realtime-api", "api").removesuffix("/realtime")
    body = json.dumps({"channel": offer["name"], "events": ['{"type": "message"}']}).encode()
    headers = {"Authorization": offer["authorization"], "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 -- http or https
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- as above
            return answer.status
    except HTTPError as error:
        return error.code
