"""The bytes that invocations write to their logs are those that the capacity estimate prices."""

import asyncio
import time

import pytest

from pulumi_local_aws.processes import wait_until
from tests.e2e.deployment import Deployment, User
from websocket_sessions.capacity.operations import LOG_BYTES

pytestmark = [pytest.mark.emulator, pytest.mark.engine]

LISTENERS, MESSAGES = 3, 10
LEAST_INVOCATIONS = 2 * (1 + LISTENERS) + 1 + LISTENERS + MESSAGES + (1 + LISTENERS)
"""Authorizers and connects, a creation, joins, publishes and disconnects. Presence comes besides."""
LOGGING_SECONDS = 120.0
ALLOWED_ERROR = 0.1


def bytes_per_invocation(deployment: Deployment, since: int) -> float | None:
    """Return the mean bytes of an invocation's lines; None while an invocation runs or has yet to begin."""
    lines = [line for _, line in deployment.log_lines(since)]
    started = sum(line.startswith("START ") for line in lines)
    reported = sum(line.startswith("REPORT ") for line in lines)
    if started != reported or started < LEAST_INVOCATIONS:
        return None
    return sum(len(line.encode()) for line in lines) / started


async def test_an_invocation_writes_as_much_as_the_estimate_says(
    deployment: Deployment, speaker_user: User
) -> None:
    since = int(time.time() * 1000)
    async with await deployment.connect(speaker_user) as speaker:
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        listeners = [await deployment.connect() for _ in range(LISTENERS)]
        for listener in listeners:
            await listener.request("joinSession", sessionId=created["sessionId"], targetLanguage="es")
        for number in range(MESSAGES):
            await speaker.request("publish", data=f"message {number}")
        for listener in listeners:
            await listener.close()

    found: list[float] = []

    def complete() -> bool:
        mean = bytes_per_invocation(deployment, since)
        found.extend([] if mean is None else [mean])
        return mean is not None

    assert await asyncio.to_thread(wait_until, complete, LOGGING_SECONDS)
    assert found == [pytest.approx(LOG_BYTES, rel=ALLOWED_ERROR)]
