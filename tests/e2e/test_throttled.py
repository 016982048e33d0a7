"""A listener whose pushes are throttled has its messages late, through the queue, on the same connection."""

from typing import Any

import aiohttp
import pytest

from tests.e2e.deployment import Deployment, User

pytestmark = [pytest.mark.emulator, pytest.mark.engine]

THROTTLED_PUSHES = 2
"""That of the publish and that of the retry task's first receive."""


async def connection_ids(gateway: str, http: aiohttp.ClientSession) -> set[str]:
    async with http.get(f"{gateway}/connections") as answer:
        found: list[dict[str, Any]] = await answer.json()
    return {one["connectionId"] for one in found}


async def test_who_is_throttled_is_served_by_the_queue_at_its_second_try(
    local_deployment: Deployment, speaker_user: User
) -> None:
    """The publish leaves it to a retry task, which stays in the queue after its first receive. Roles apply.

    A message whose visibility timeout is not shortened is redelivered after three minutes only.
    """
    gateway = local_deployment.gateway
    assert gateway is not None
    async with aiohttp.ClientSession() as http, await local_deployment.connect(speaker_user) as speaker:
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        before = await connection_ids(gateway, http)
        async with await local_deployment.connect() as listener:
            (connection_id,) = await connection_ids(gateway, http) - before
            await listener.request("joinSession", sessionId=created["sessionId"], targetLanguage="es")
            fault = {"fault": "callbackThrottled", "connection": connection_id, "count": THROTTLED_PUSHES}
            async with http.post(f"{gateway}/faults", json=[fault]) as answer:
                assert answer.status == 200
            try:
                await speaker.request("publish", data="late")
                message = await listener.push("message", seconds=60)
            finally:
                await http.delete(f"{gateway}/faults")
            assert message["data"] == "late"
            assert (await listener.request("getSession"))["role"] == "listener"
