"""The main job on a deployed stack: a session is created, heard, outlives its connection, and ends."""

import asyncio
from collections.abc import Callable

import pytest

from tests.e2e.deployment import Deployment, User
from tools.dev_stack.session_client import Refused

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


async def test_a_session_outlives_its_speakers_connection(deployment: Deployment, speaker_user: User) -> None:
    speaker = await deployment.connect(speaker_user)
    created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
    session = created["sessionId"]
    assert created["type"] == "sessionCreated"
    assert (created["status"], created["offset"], created["listeners"]) == ("active", 0, 0)

    listeners = [await deployment.connect() for _ in range(2)]
    for listener, language in zip(listeners, ("es", "fr"), strict=True):
        joined = await listener.request("joinSession", sessionId=session, targetLanguage=language)
        assert (joined["epoch"], joined["offset"]) == (created["epoch"], 0)

    published = await speaker.request("publish", data="Good morning.")
    assert published["offset"] == 1
    for listener in listeners:
        message = await listener.push("message", offset=1)
        assert (message["sessionId"], message["data"]) == (session, "Good morning.")
    assert (await speaker.push("presence", sessionId=session))["listeners"] in {1, 2}

    await speaker.cut()
    back = await deployment.connect(speaker_user)
    resumed = await back.request("resumeSession", sessionId=session)
    assert resumed["generation"] > created["generation"]
    assert resumed["listeners"] == 2
    assert (await back.request("publish", data="As I was saying."))["offset"] == 2
    for listener in listeners:
        assert (await listener.push("message", offset=2))["data"] == "As I was saying."

    assert (await back.request("endSession"))["reason"] == "ended"
    for listener in listeners:
        assert (await listener.push("sessionEnded"))["sessionId"] == session
        await listener.close()
    await back.close()


async def test_a_listener_that_was_away_at_the_end_gets_the_last_messages(
    deployment: Deployment, speaker_user: User
) -> None:
    async with await deployment.connect(speaker_user) as speaker:
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        session, epoch = created["sessionId"], created["epoch"]
        await speaker.request("publish", data="one")
        await speaker.request("publish", data="two")
        ended = await speaker.request("endSession")
        assert (ended["epoch"], ended["offset"]) == (epoch, 2)
    async with await deployment.connect() as listener:
        join = {"sessionId": session, "targetLanguage": "es"}
        joined = await listener.request("joinSession", **join, epoch=epoch, offset=1)
        assert (joined["status"], joined["endReason"], joined["replayed"]) == ("ended", "ended", 1)
        assert (await listener.push("message", offset=2))["data"] == "two"
        with pytest.raises(Refused, match="SESSION_ENDED"):
            await listener.request("joinSession", **join)


async def test_a_listener_that_was_cut_off_gets_what_it_missed_in_order(
    deployment: Deployment, speaker_user: User
) -> None:
    async with await deployment.connect(speaker_user) as speaker:
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        session, epoch = created["sessionId"], created["epoch"]
        listener = await deployment.connect()
        await listener.request("joinSession", sessionId=session, targetLanguage="es")
        await speaker.request("publish", data="one")
        await listener.push("message", offset=1)
        await listener.cut()
        for text in ("two", "three"):
            await speaker.request("publish", data=text)
        async with await deployment.connect() as back:
            joined = await back.request(
                "joinSession", sessionId=session, targetLanguage="es", epoch=epoch, offset=1
            )
            assert (joined["replayed"], joined["offset"]) == (2, 3)
            missed = [await back.push("message") for _ in range(2)]
            assert [(message["offset"], message["data"]) for message in missed] == [(2, "two"), (3, "three")]
        await speaker.request("endSession")


async def test_the_same_request_id_makes_one_session_and_one_message(
    deployment: Deployment, speaker_user: User
) -> None:
    async with await deployment.connect(speaker_user) as speaker:
        create = {"sourceLanguage": "en", "quality": "premium", "requestId": "once"}
        first = await speaker.request("createSession", **create)
        again = await speaker.request("createSession", **create)
        assert again["sessionId"] == first["sessionId"]
        offsets = [(await speaker.request("publish", data="x", requestId="p"))["offset"] for _ in range(2)]
        assert offsets == [1, 1]
        await speaker.request("endSession")


async def test_a_second_connection_takes_the_session_over_and_the_first_loses_its_rights(
    deployment: Deployment, speaker_user: User
) -> None:
    async with (
        await deployment.connect(speaker_user) as first,
        await deployment.connect(speaker_user) as second,
    ):
        session = (await first.request("createSession", sourceLanguage="en", quality="standard"))["sessionId"]
        resumed = await second.request("resumeSession", sessionId=session)
        replaced = await first.push("connectionReplaced")
        assert replaced["generation"] == resumed["generation"]
        with pytest.raises(Refused) as refused:
            await first.request("publish", data="too late")
        assert refused.value.code == "FORBIDDEN"
        await second.request("endSession")


async def test_only_its_owner_resumes_a_session(
    deployment: Deployment, speaker_user: User, new_user: Callable[[], User]
) -> None:
    other = await asyncio.to_thread(new_user)
    async with (
        await deployment.connect(speaker_user) as speaker,
        await deployment.connect(other) as stranger,
        await deployment.connect() as anonymous,
    ):
        session = (await speaker.request("createSession", sourceLanguage="en", quality="standard"))[
            "sessionId"
        ]
        for client, code in ((stranger, "FORBIDDEN"), (anonymous, "UNAUTHORIZED")):
            with pytest.raises(Refused) as refused:
                await client.request("resumeSession", sessionId=session)
            assert refused.value.code == code
        await speaker.request("endSession")


async def test_heartbeat_is_answered(deployment: Deployment) -> None:
    async with await deployment.connect() as client:
        await client.send_text('{"action": "heartbeat"}')
        beat = await client.push("heartbeatAck")
        assert beat["serverTime"] >= beat["connectedAt"] > 1_700_000_000_000
