"""A listener whose pushes are throttled has its messages late, through the queue, on the same connection."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from fan_out.tasks import MAX_RETRIES, FanOutTask, to_json
from tests.e2e.deployment import Deployment, User
from tools.dev_stack import clients
from tools.dev_stack.session_client import SessionClient

pytestmark = [pytest.mark.emulator, pytest.mark.engine]

THROTTLED_PUSHES = 2
"""That of the publish and that of the first retry task."""


async def connection_ids(gateway: str, http: aiohttp.ClientSession) -> set[str]:
    async with http.get(f"{gateway}/connections") as answer:
        found: list[dict[str, Any]] = await answer.json()
    return {one["connectionId"] for one in found}


@asynccontextmanager
async def throttled_pushes(gateway: str, connection_id: str, count: int) -> AsyncGenerator[None]:
    """Refuse the next pushes to a connection."""
    fault = {"fault": "callbackThrottled", "connection": connection_id, "count": count}
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{gateway}/faults", json=[fault]) as answer:
            assert answer.status == 200
        try:
            yield
        finally:
            await http.delete(f"{gateway}/faults")


@asynccontextmanager
async def one_listener(
    deployment: Deployment, speaker: SessionClient
) -> AsyncGenerator[tuple[str, SessionClient, str]]:
    """Yield the id of a new session, its only listener, and the listener's connection id."""
    created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
    async with aiohttp.ClientSession() as http:
        before = await connection_ids(f"{deployment.gateway}", http)
        async with await deployment.connect() as listener:
            (connection_id,) = await connection_ids(f"{deployment.gateway}", http) - before
            await listener.request("joinSession", sessionId=created["sessionId"], targetLanguage="es")
            yield created["sessionId"], listener, connection_id


async def test_a_throttled_listener_is_served_by_its_second_retry_task(
    local_deployment: Deployment, speaker_user: User
) -> None:
    """The publish leaves it to a retry task, and that one to the next. Roles apply."""
    async with (
        await local_deployment.connect(speaker_user) as speaker,
        one_listener(local_deployment, speaker) as (_, listener, connection_id),
        throttled_pushes(f"{local_deployment.gateway}", connection_id, THROTTLED_PUSHES),
    ):
        await speaker.request("publish", data="late")
        assert (await listener.push("message", seconds=60))["data"] == "late"
        assert (await listener.request("getSession"))["role"] == "listener"


async def test_the_last_retry_task_is_redelivered_soon(
    local_deployment: Deployment, speaker_user: User
) -> None:
    """A message whose visibility timeout is not shortened is redelivered after three minutes only."""
    functions, queue = clients.functions(local_deployment.aws), clients.client("sqs", local_deployment.aws)
    fan_out = functions.get_function_configuration(
        FunctionName=local_deployment.outputs["functionNames"]["fan_out"]
    )
    async with (
        await local_deployment.connect(speaker_user) as speaker,
        one_listener(local_deployment, speaker) as (session_id, listener, connection_id),
        throttled_pushes(f"{local_deployment.gateway}", connection_id, 1),
    ):
        task = FanOutTask(
            session_id=session_id,
            shard=0,
            event={"type": "presence", "sessionId": session_id, "listeners": 1},
            connection_ids=(connection_id,),
            retry=MAX_RETRIES,
        )
        url = fan_out.get("Environment", {}).get("Variables", {})["FAN_OUT_QUEUE_URL"]
        queue.send_message(QueueUrl=url, MessageBody=to_json(task))
        assert (await listener.push("presence", seconds=60))["listeners"] == 1
