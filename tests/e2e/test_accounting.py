"""Every listener accounts for every message while the network and the services fail.

The simulation in tests/functions/fan_out has many times as many messages in seconds.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from tests.e2e.audience import TIMINGS, Publisher, account_for, start_listeners
from tests.e2e.deployment import Deployment, User
from tests.support.reliability import Figures
from tools.dev_stack import clients
from websocket_sessions.client import Client, Speaker

pytestmark = [pytest.mark.emulator, pytest.mark.engine]

MESSAGES = 1_000
LISTENERS = 20
JOINING = 3
"""Listeners that connect and join at a time."""
AT_ONCE = 3
"""Messages under way at a time."""
CATCHING_UP_SECONDS = 180.0
KEPT = 1000
"""Messages that can be replayed: `logMaxCount`."""
SWEEP_SECONDS = 2.0
FAULTS = [
    {"fault": "pushReordered", "probability": 0.05, "seconds": 0.3},
    {"fault": "callbackThrottled", "probability": 0.03},
    {"fault": "callbackGone", "probability": 0.0002},
    {"fault": "callbackDelayed", "probability": 0.01, "seconds": 0.2},
    {"fault": "abortBefore", "route": "publish", "probability": 0.002},
    {"fault": "abortAfter", "route": "publish", "probability": 0.002},
    {"fault": "disconnectLost", "probability": 0.2},
    {"fault": "disconnectLate", "probability": 0.2, "seconds": 2},
    {"fault": "disconnectDoubled", "probability": 0.2},
]


@asynccontextmanager
async def swept_log(deployment: Deployment, speaker: Speaker) -> AsyncGenerator[None]:
    """Delete the messages beyond the count that the log keeps, which no function reads again.

    DynamoDB reads the items that a query asks for, MiniStack all of their partition, and everything else
    waits for it: with thousands there, replays run into their time-outs.
    """
    client, table = clients.dynamodb(deployment.aws), deployment.outputs["tableNames"]["messages"]
    key = {"logKey": {"S": f"{speaker.session_id}#{speaker.state.epoch}"}}
    swept = 0

    def sweep() -> None:
        nonlocal swept
        sessions = deployment.outputs["tableNames"]["sessions"]
        found = client.get_item(TableName=sessions, Key={"sessionId": {"S": speaker.session_id}})
        while swept < int(found.get("Item", {})["head"].get("N", 0)) - KEPT:
            swept += 1
            client.delete_item(TableName=table, Key={**key, "offset": {"N": str(swept)}})

    async def repeat() -> None:
        while True:
            await asyncio.to_thread(sweep)
            await asyncio.sleep(SWEEP_SECONDS)

    sweeping = asyncio.create_task(repeat())
    try:
        yield
    finally:
        failed = sweeping.exception() if sweeping.done() else None
        sweeping.cancel()
        assert failed is None, failed


async def test_every_listener_accounts_for_every_message(
    local_deployment: Deployment, speaker_user: User, figures: Figures
) -> None:
    async def token(force_refresh: bool) -> str:
        return speaker_user.token

    client = Client(local_deployment.config, token=token, timings=TIMINGS)
    async with (
        client.create(source_language="en") as speaker,
        aiohttp.ClientSession() as session,
        swept_log(local_deployment, speaker),
    ):
        publisher = Publisher(speaker)
        listeners, listening = await start_listeners(
            local_deployment, speaker.session_id, LISTENERS, joining=JOINING
        )
        async with session.post(f"{local_deployment.gateway}/faults", json=FAULTS) as answer:
            assert answer.status == 200
        under_way = asyncio.Semaphore(AT_ONCE)

        async def publish(number: int) -> None:
            async with under_way:
                await publisher.publish(number)

        await asyncio.gather(*(publish(number) for number in range(MESSAGES)))
        await session.delete(f"{local_deployment.gateway}/faults")
        await speaker.end()
        done, stuck = await asyncio.wait(listening, timeout=CATCHING_UP_SECONDS)
        await asyncio.gather(*done)

    account_for(figures, publisher.log, listeners, stuck=len(stuck))
    assert sorted(publisher.log) == list(range(1, MESSAGES + 1))
    assert len(set(publisher.log.values())) == MESSAGES
