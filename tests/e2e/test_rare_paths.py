"""Paths that clients and API Gateway seldom take, each under the roles of the deployed functions.

`test_permissions.py` compares the roles with what the functions used, so a path that needs a permission of
its own is taken by some test of this folder.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed

from tests.e2e.channel_client import ChannelClient
from tests.e2e.deployment import Deployment, User
from tests.e2e.scaled_time import Controls
from tests.e2e.test_http import call
from tools.dev_stack.session_client import Refused, SessionClient

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
FAULTS = ("callbackGone", "callbackTooLarge", "callbackThrottled")
"""What API Gateway answers to the push to each listener: it is removed, disconnected, or tried again."""
CREATE = {"sourceLanguage": "en", "quality": "standard", "requestId": "create-once"}
QUEUED_SECONDS = 60.0
"""More than the queue takes to redeliver a task on two busy cores."""
COALESCING_SECONDS = 5
"""More than three publishes take on two busy cores."""
MESSAGES_BEYOND = 12
"""Far more than twice a limit of one, even if a minute ends between them."""
Act = Callable[[Deployment, User, SessionClient, str], Awaitable[Any]]


@pytest.fixture
def controls(local_deployment: Deployment) -> Generator[Controls]:
    """Settings for one test; everything is as it was afterwards."""
    controls = Controls(local_deployment)
    yield controls
    controls.restore()


@asynccontextmanager
async def broadcast_to_failing_listeners(
    deployment: Deployment, session: str
) -> AsyncGenerator[tuple[SessionClient, SessionClient]]:
    """Join three listeners; pushes to each fail once in another way. Yield those that are still connected.

    The first of the two is disconnected after the push, the second gets it by the queue.
    """
    gateway = f"{deployment.gateway}"
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        rules: list[dict[str, Any]] = []
        listeners: list[SessionClient] = []
        for fault in FAULTS:
            before = await _connection_ids(gateway, http)
            listener = await stack.enter_async_context(await deployment.connect())
            (connection_id,) = await _connection_ids(gateway, http) - before
            await listener.request("joinSession", sessionId=session, targetLanguage="es")
            rules.append({"fault": fault, "connection": connection_id, "count": 1})
            listeners.append(listener)
        async with http.post(f"{gateway}/faults", json=rules) as answer:
            assert answer.status == 200
        stack.push_async_callback(http.delete, f"{gateway}/faults")
        yield listeners[1], listeners[2]


async def _connection_ids(gateway: str, http: aiohttp.ClientSession) -> set[str]:
    async with http.get(f"{gateway}/connections") as answer:
        return {one["connectionId"] for one in await answer.json()}


async def _update(deployment: Deployment, user: User, speaker: SessionClient, session: str) -> None:
    await speaker.request("updateSession", quality="premium")


async def _update_over_http(deployment: Deployment, user: User, speaker: SessionClient, session: str) -> None:
    change = {"quality": "premium"}
    status, _ = await asyncio.to_thread(call, deployment, "PATCH", f"/sessions/{session}", user, change)
    assert status == 200


async def _end(deployment: Deployment, user: User, speaker: SessionClient, session: str) -> None:
    await speaker.request("endSession")


async def _end_over_http(deployment: Deployment, user: User, speaker: SessionClient, session: str) -> None:
    status, _ = await asyncio.to_thread(call, deployment, "DELETE", f"/sessions/{session}", user)
    assert status == 200


async def _publish(deployment: Deployment, user: User, speaker: SessionClient, session: str) -> None:
    await speaker.request("publish", data="to failing listeners")


async def _nothing(deployment: Deployment, user: User, speaker: SessionClient, session: str) -> None:
    pass


async def _leave(deployment: Deployment, user: User, speaker: SessionClient, session: str) -> None:
    await speaker.request("leaveSession")


async def _disconnect(deployment: Deployment, user: User, speaker: SessionClient, session: str) -> None:
    await speaker.cut()


async def _resume(deployment: Deployment, user: User, speaker: SessionClient, session: str) -> None:
    await speaker.request("resumeSession", sessionId=session)


async def _repeat_create(deployment: Deployment, user: User, speaker: SessionClient, session: str) -> None:
    assert (await speaker.request("createSession", **CREATE))["sessionId"] == session


BROADCASTS = [
    (_nothing, _update, "sessionUpdated"),
    (_nothing, _update_over_http, "sessionUpdated"),
    (_nothing, _end, "sessionEnded"),
    (_nothing, _end_over_http, "sessionEnded"),
    (_nothing, _publish, "message"),
    (_nothing, _leave, "sessionUpdated"),
    (_nothing, _disconnect, "sessionUpdated"),
    (_leave, _resume, "sessionUpdated"),
    (_leave, _repeat_create, "sessionUpdated"),
]
"""What was done before, what makes a function push to all listeners, and the push."""


@pytest.mark.parametrize(("before", "act", "push"), BROADCASTS)
async def test_listeners_whose_push_fails_are_removed_disconnected_or_queued(
    local_deployment: Deployment, speaker_user: User, before: Act, act: Act, push: str
) -> None:
    async with await local_deployment.connect(speaker_user) as speaker:
        session = (await speaker.request("createSession", **CREATE))["sessionId"]
        await before(local_deployment, speaker_user, speaker, session)
        async with broadcast_to_failing_listeners(local_deployment, session) as (too_large, throttled):
            await act(local_deployment, speaker_user, speaker, session)
            assert await too_large.closed() is not None
            await throttled.push(push, seconds=QUEUED_SECONDS, sessionId=session)


@asynccontextmanager
async def listener_on_channel(deployment: Deployment, session: str) -> AsyncGenerator[ChannelClient]:
    """Join a listener, and yield its subscription to the audience's channel."""
    join = {"sessionId": session, "targetLanguage": "es"}
    async with await deployment.connect() as listener:
        joined = await listener.request("joinSession", **join)
        async with await ChannelClient.subscribe(joined["channel"]) as channel:
            position = {name: joined[name] for name in ("epoch", "offset")}
            switched = await listener.request("joinSession", **join, **position, onChannel=True)
            assert switched["onChannel"] is True
            yield channel


@pytest.mark.parametrize(("before", "act", "push"), BROADCASTS)
async def test_listeners_on_the_channel_get_what_each_function_broadcasts(
    deployment: Deployment, speaker_user: User, before: Act, act: Act, push: str
) -> None:
    async with await deployment.connect(speaker_user) as speaker:
        session = (await speaker.request("createSession", **CREATE))["sessionId"]
        await before(deployment, speaker_user, speaker, session)
        async with listener_on_channel(deployment, session) as channel:
            await act(deployment, speaker_user, speaker, session)
            await channel.push(push, seconds=QUEUED_SECONDS, sessionId=session)


async def test_the_queue_publishes_to_the_channel_what_appsync_failed(
    local_deployment: Deployment, speaker_user: User
) -> None:
    settings = f"{local_deployment.aws['AWS_ENDPOINT_URL']}/_local-aws/event-apis"
    async with (
        aiohttp.ClientSession() as http,
        await local_deployment.connect(speaker_user) as speaker,
    ):
        session = (await speaker.request("createSession", **CREATE))["sessionId"]
        async with listener_on_channel(local_deployment, session) as channel:
            async with http.post(settings, json={"failedPublishes": 1}) as answer:
                assert answer.status == 200
            for data in ("fails", "passes"):
                await speaker.request("publish", data=data)
            received = [await channel.push("message", seconds=QUEUED_SECONDS, offset=one) for one in (2, 1)]
            assert [message["data"] for message in received] == ["passes", "fails"]
            async with http.delete(settings) as answer:
                assert answer.status == 200
            await speaker.request("endSession")


async def test_the_queues_function_serves_a_whole_shard_and_its_failing_listeners(
    local_deployment: Deployment, speaker_user: User, controls: Controls
) -> None:
    controls.settings("publish", directFanOut=0)
    async with await local_deployment.connect(speaker_user) as speaker:
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        session = created["sessionId"]
        async with broadcast_to_failing_listeners(local_deployment, session) as (too_large, throttled):
            await _publish(local_deployment, speaker_user, speaker, session)
            assert await too_large.closed() is not None
            await throttled.push("message", seconds=QUEUED_SECONDS, sessionId=session)
        await speaker.request("endSession")


async def test_the_messages_of_an_interval_reach_a_listener_together(
    local_deployment: Deployment, speaker_user: User, controls: Controls
) -> None:
    if local_deployment.stack is None:
        pytest.skip("needs the tests' own stack, whose roles allow coalescing")
    coalescing = {"coalescingInterval": COALESCING_SECONDS, "coalescingAudience": 0}
    controls.settings("publish", "fan_out", "end_session", **coalescing)
    async with (
        await local_deployment.connect(speaker_user) as speaker,
        await local_deployment.connect() as listener,
    ):
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        await listener.request("joinSession", sessionId=created["sessionId"], targetLanguage="es")
        for data in ("a", "b", "c"):
            await speaker.request("publish", data=data)
        push = await listener.push("batch", seconds=QUEUED_SECONDS)
        assert [one["data"] for one in push["messages"]] == ["a", "b", "c"]
        await speaker.request("publish", data="last")
        await speaker.request("endSession")
        assert (await listener.push("message", seconds=QUEUED_SECONDS))["data"] == "last"
        await listener.push("sessionEnded", seconds=QUEUED_SECONDS)


async def test_the_scheduled_end_reaches_failing_listeners(
    local_deployment: Deployment, speaker_user: User, controls: Controls
) -> None:
    speaker = await local_deployment.connect(speaker_user)
    session = (await speaker.request("createSession", **CREATE))["sessionId"]
    async with broadcast_to_failing_listeners(local_deployment, session) as (too_large, throttled):
        controls.expire_session(session)
        controls.run()
        assert await too_large.closed() is not None
        assert (await throttled.push("sessionEnded", seconds=QUEUED_SECONDS))["reason"] == "expired"
    await speaker.close()


async def test_the_scheduled_end_reaches_listeners_on_the_channel(
    local_deployment: Deployment, speaker_user: User, controls: Controls
) -> None:
    async with await local_deployment.connect(speaker_user) as speaker:
        session = (await speaker.request("createSession", **CREATE))["sessionId"]
        async with listener_on_channel(local_deployment, session) as channel:
            controls.expire_session(session)
            controls.run()
            assert (await channel.push("sessionEnded", seconds=QUEUED_SECONDS))["reason"] == "expired"


async def test_without_anonymous_listeners_the_schedule_disconnects_expired_tokens(
    local_deployment: Deployment, speaker_user: User, controls: Controls
) -> None:
    """The record of the connection says that its token has expired, as it does an hour later."""
    client = await local_deployment.connect(speaker_user)
    controls.expire_tokens()
    controls.settings("keep_alive", allowAnonymous=False)
    controls.run()
    assert await client.closed() is not None


async def test_a_repeated_create_moves_the_session_to_the_new_connection(
    deployment: Deployment, speaker_user: User
) -> None:
    async with (
        await deployment.connect(speaker_user) as first,
        await deployment.connect(speaker_user) as second,
    ):
        created = await first.request("createSession", **CREATE)
        repeated = await second.request("createSession", **CREATE)
        assert repeated["sessionId"] == created["sessionId"]
        assert (await first.push("connectionReplaced"))["generation"] == repeated["generation"]
        await second.request("endSession")


async def test_repeats_are_answered_from_their_records(deployment: Deployment, speaker_user: User) -> None:
    async with await deployment.connect(speaker_user) as speaker:
        await speaker.request("createSession", sourceLanguage="en", quality="standard")
        published = await speaker.request("publish", data="once", requestId="publish-once")
        pause = {"status": "paused", "requestId": "pause-once"}
        assert (await speaker.request("updateSession", **pause))["status"] == "paused"
        assert (await speaker.request("updateSession", **pause))["status"] == "paused"
        with pytest.raises(Refused, match="CONFLICT"):
            await speaker.request("publish", data="new", requestId="publish-new")
        repeated = await speaker.request("publish", data="once", requestId="publish-once")
        assert repeated["offset"] == published["offset"]
        await speaker.request("endSession")


async def test_a_speaker_recovers_its_own_messages(deployment: Deployment, speaker_user: User) -> None:
    async with await deployment.connect(speaker_user) as speaker:
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        session, epoch = created["sessionId"], created["epoch"]
        await speaker.request("publish", data="mine")
        async with await deployment.connect(speaker_user) as back:
            resumed = await back.request("resumeSession", sessionId=session, epoch=epoch, offset=0)
            assert resumed["replayed"] == 1
            assert (await back.push("message"))["data"] == "mine"
            await back.request("endSession")


async def test_a_listener_changes_its_language_and_leaves(deployment: Deployment, speaker_user: User) -> None:
    async with (
        await deployment.connect(speaker_user) as speaker,
        await deployment.connect() as listener,
    ):
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        session = created["sessionId"]
        for language in ("es", "fr"):
            joined = await listener.request("joinSession", sessionId=session, targetLanguage=language)
            assert joined["targetLanguage"] == language
        assert (await listener.request("leaveSession"))["sessionId"] == session
        assert (await speaker.request("leaveSession"))["sessionId"] == session


async def test_a_token_is_refreshed(deployment: Deployment, speaker_user: User) -> None:
    async with await deployment.connect(speaker_user) as client:
        refreshed = await client.request("refreshToken", token=speaker_user.token)
        assert refreshed["type"] == "tokenRefreshed"


async def test_a_further_shard_is_opened_for_more_listeners(
    local_deployment: Deployment, speaker_user: User, controls: Controls
) -> None:
    controls.settings("create_session", maxListeners=4, listenersPerShard=1)
    async with AsyncExitStack() as stack:
        speaker = await stack.enter_async_context(await local_deployment.connect(speaker_user))
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        for _ in range(2):
            listener = await stack.enter_async_context(await local_deployment.connect())
            await listener.request("joinSession", sessionId=created["sessionId"], targetLanguage="es")
        await speaker.push("presence", listeners=2)
        assert controls.session(created["sessionId"])["shardsInUse"]["N"] == "2"
        await speaker.request("endSession")


async def test_a_full_session_refuses_a_listener(
    local_deployment: Deployment, speaker_user: User, controls: Controls
) -> None:
    controls.settings("create_session", maxListeners=1)
    async with (
        await local_deployment.connect(speaker_user) as speaker,
        await local_deployment.connect() as first,
        await local_deployment.connect() as second,
    ):
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        join = {"sessionId": created["sessionId"], "targetLanguage": "es"}
        await first.request("joinSession", **join)
        with pytest.raises(Refused, match="SESSION_FULL"):
            await second.request("joinSession", **join)
        await speaker.request("endSession")


@pytest.mark.parametrize(
    ("function", "action"),
    [
        ("unknown_action", "noSuchAction"),
        ("create_session", "createSession"),
        ("join_session", "joinSession"),
        ("resume_session", "resumeSession"),
        ("publish", "publish"),
        ("leave_session", "leaveSession"),
        ("get_session", "getSession"),
        ("refresh_token", "refreshToken"),
    ],
)
async def test_a_connection_far_beyond_its_limit_is_disconnected(
    local_deployment: Deployment, speaker_user: User, controls: Controls, function: str, action: str
) -> None:
    """Invalid messages count as requests, each in the function of its action."""
    controls.settings(function, limits={"enabled": True, "requestsPerMinute": 1})
    client = await local_deployment.connect(speaker_user)
    for _ in range(MESSAGES_BEYOND):
        try:
            await client.send_text(json.dumps({"action": action}))
        except ConnectionClosed:
            break
        with suppress(TimeoutError):
            await client.push("error", seconds=1)
    assert await client.closed() is not None
