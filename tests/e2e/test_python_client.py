"""The Python client on a deployed stack: it publishes, reconnects and recovers without help."""

import asyncio

from tests.e2e.audience import TIMINGS
from tests.e2e.deployment import Deployment, User
from websocket_sessions.client import Client, SessionError

WAIT_SECONDS = 120.0


def client_of(deployment: Deployment, user: User | None = None) -> Client:
    async def provider(force_refresh: bool) -> str | None:
        return user.token if user else None

    return Client(deployment.config, token=provider, timings=TIMINGS)


async def test_a_message_that_was_published_during_a_loss_is_recovered(
    deployment: Deployment, speaker_user: User
) -> None:
    async with (
        asyncio.timeout(WAIT_SECONDS),
        client_of(deployment, speaker_user).create(source_language="en") as speaker,
        client_of(deployment).join(speaker.session_id, target_language="es") as listener,
    ):
        assert await speaker.publish("one") == 1
        assert (await anext(listener)).text == "one"
        listener.connection.abort_socket()
        speaker.connection.abort_socket()
        assert await speaker.publish(b"\x00two") == 2
        message = await anext(listener)
        assert (message.offset, message.content, message.follows_reset) == (2, b"\x00two", False)
        assert speaker.generation == 2
        await speaker.end()
        assert [message.text async for message in listener] == []
        assert listener.state.end_reason == "ended"


async def test_a_session_that_does_not_exist_cannot_be_joined(deployment: Deployment) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        try:
            async with client_of(deployment).join("caring-king-100", target_language="es"):
                code = ""
        except SessionError as error:
            code = error.code
    assert code == "SESSION_NOT_FOUND"


async def test_another_device_that_resumes_stops_the_first(
    deployment: Deployment, speaker_user: User
) -> None:
    client = client_of(deployment, speaker_user)
    async with (
        asyncio.timeout(WAIT_SECONDS),
        client.create(source_language="en") as first,
        client.resume(first.session_id) as second,
    ):
        await first.connection.wait_closed()
        assert isinstance(first.connection.error, SessionError)
        assert first.connection.error.code == "REPLACED"
        assert await second.publish("from the second device") == 1
