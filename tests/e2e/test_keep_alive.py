"""Connections and sessions over hours and days, on a deployed local stack whose hours pass in seconds.

The gateway's limits are scaled by its clock, and the functions' intervals by their settings. The scheduled
function is called as often as its scaled minute asks for; one test leaves that to the real schedule.
"""

import asyncio
from collections.abc import Generator
from time import monotonic

import pytest

from tests.e2e.deployment import Deployment, User
from tests.e2e.moving_clients import Listener, Speaker
from tests.e2e.scaled_time import Controls
from tests.support.reliability import Figures, sized
from tools.dev_stack.session_client import Refused

pytestmark = [pytest.mark.emulator, pytest.mark.engine]

IDLE_LIMIT = 600
DURATION_LIMIT = 7200
DAY = 86400
DAYS = sized(3, 5)
GOING_AWAY = 1001
FIVE_SECONDS = {"idlePing": 2, "connectionLifetime": 5, "refreshLead": 2, "refreshJitter": 0}
"""Settings of a stack whose two hours take five seconds."""

UNLIMITED = ("create_session", "join_session", "publish", "resume_session")
"""Functions that would refuse what, scaled, is too much for a minute."""


@pytest.fixture
def controls(local_deployment: Deployment) -> Generator[Controls]:
    """Time for one test; everything is as it was afterwards."""
    controls = Controls(local_deployment)
    yield controls
    controls.restore()


async def test_a_silent_connection_is_cut_without_a_keep_alive(
    local_deployment: Deployment, controls: Controls
) -> None:
    """Nobody pings, so the idle limit ends the connection."""
    controls.scale(300)
    listener = await local_deployment.connect()

    assert await listener.closed() == GOING_AWAY
    assert listener.pushes == []


async def test_with_keep_alives_a_connection_lives_to_the_duration_limit(
    local_deployment: Deployment, controls: Controls
) -> None:
    """It says nothing itself for all of its two hours, and is asked once to move."""
    factor = 75
    controls.settings(
        "connect", "keep_alive", idlePing=2, connectionLifetime=96, refreshLead=8, refreshJitter=0
    )
    controls.scale(factor)
    opened = monotonic()
    listener = await local_deployment.connect()
    async with controls.runs_every(60 / factor):
        notice = await listener.push("connectionRefreshRequired", seconds=2 * DURATION_LIMIT / factor)
        code = await listener.closed()

    assert 0 < notice["secondsLeft"] <= 8
    assert code == GOING_AWAY
    assert monotonic() - opened >= DURATION_LIMIT / factor - 1
    kinds = [push["type"] for push in listener.pushes]
    assert set(kinds) == {"keepAlive"}
    assert len(kinds) >= DURATION_LIMIT / IDLE_LIMIT


async def test_a_session_of_days_loses_nothing(
    local_deployment: Deployment, speaker_user: User, controls: Controls, figures: Figures
) -> None:
    """A speaker and two listeners hand over at every limit; every word is heard once and in order.

    On the second day the schedule is lost: nobody is asked to move, and every connection is disconnected at
    its limit.
    """
    factor = DURATION_LIMIT / 5
    controls.settings("connect", "keep_alive", *UNLIMITED, **FIVE_SECONDS, limits={"enabled": False})
    speaker = Speaker(local_deployment, speaker_user)
    session, epoch = await speaker.create()
    listeners = [Listener(local_deployment, session, epoch) for _ in range(2)]
    controls.scale(factor)
    day = DAY / factor
    until = monotonic() + DAYS * day
    async with asyncio.TaskGroup() as everyone:
        everyone.create_task(speaker.publish(until))
        everyone.create_task(speaker.move())
        for listener in listeners:
            everyone.create_task(listener.move(until))
        async with controls.runs_every(0.5):
            await asyncio.sleep(day)
        await asyncio.sleep(day)
        async with controls.runs_every(0.5):
            await asyncio.sleep(until - monotonic())
    controls.scale(1)
    for listener in listeners:
        await listener.join()

    assert len(speaker.published) > 100
    figures.tried(sum(len(listener.heard) for listener in listeners))
    for listener in listeners:
        assert listener.heard == speaker.published[: len(listener.heard)]
    figures.failures(
        lost=sum(len(speaker.published) - len(listener.heard) for listener in listeners), doubled=0, stuck=0
    )
    assert min(one.handovers for one in (speaker, *listeners)) >= 15
    for one in (speaker, *listeners):
        await one.close()


async def test_the_schedule_ends_a_session_whose_speaker_stays_away(
    local_deployment: Deployment, speaker_user: User, controls: Controls
) -> None:
    """Nobody calls the function here but the schedule, at its next minute."""
    if not local_deployment.runs_schedules:
        pytest.skip("LocalStack keeps schedules and runs none")
    controls.settings("disconnect", speakerGrace=2)
    speaker = await local_deployment.connect(speaker_user)
    created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
    async with await local_deployment.connect() as listener:
        await listener.request("joinSession", sessionId=created["sessionId"], targetLanguage="es")
        await speaker.cut()
        ended = await listener.push("sessionEnded", seconds=180)

        assert (ended["sessionId"], ended["reason"]) == (created["sessionId"], "speakerGone")
        with pytest.raises(Refused, match="SESSION_ENDED"):
            async with await local_deployment.connect(speaker_user) as back:
                await back.request("resumeSession", sessionId=created["sessionId"])
