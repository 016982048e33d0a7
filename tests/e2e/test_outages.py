"""A session with a speaker and listeners outlasts outages of the gateway, the database and the local AWS."""

import asyncio
import json
import os
import signal
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from time import monotonic

import pytest

from pulumi_local_aws.stack import services
from pulumi_local_aws.stack.background import Record
from tests.e2e.audience import TIMINGS, Publisher, account_for, start_listeners
from tests.e2e.deployment import Deployment, User
from tests.e2e.scaled_time import Controls
from tests.support.injected_faults import injected_faults
from tests.support.reliability import Figures, sized
from tools.dev_stack.dev_stack import DevStack
from websocket_sessions.client import Client

pytestmark = [pytest.mark.emulator, pytest.mark.engine]

OUTAGE_SECONDS = sized(2, 20)
LISTENERS = sized(3, 10)
PAUSE_SECONDS = 0.2
"""Between two messages, so that the limit of messages a minute is not reached."""
MESSAGES_BETWEEN = 10
"""Messages that are published after an outage before the next one begins."""
RECOVERY_SECONDS = 120.0
"""More than a client waits between two attempts to connect, or a disconnect takes, on two busy cores."""


@contextmanager
def frozen(stack: DevStack, name: str) -> Generator[None]:
    """Stop a background process with its children, without ending it."""
    pid = process_of(stack, name).pid
    os.killpg(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(pid, signal.SIGCONT)


@contextmanager
def killed_gateway(stack: DevStack) -> Generator[None]:
    """Kill the gateway, then start another: all connections end, and no `$disconnect` is reported."""
    pid = process_of(stack, services.GATEWAY).pid
    os.killpg(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)  # this process started it
    yield
    services.start_gateway(stack.layout, stack)


def process_of(stack: DevStack, name: str) -> Record:
    record = Record.load(stack.layout.run, name)
    assert record is not None, f"{name} does not run"
    return record


def database_that(stack: DevStack, fault: str) -> AbstractContextManager[object]:
    """Let every call to DynamoDB fail, or have no response while the outage lasts."""
    return injected_faults(stack.layout.emulator_url, {"fault": fault, "seconds": OUTAGE_SECONDS})


OUTAGES: Mapping[str, Callable[[DevStack], AbstractContextManager[object]]] = {
    "the gateway is frozen": partial(frozen, name=services.GATEWAY),
    "the gateway is killed": killed_gateway,
    "the local AWS is frozen": partial(frozen, name=services.EMULATOR),
    "the database fails": partial(database_that, fault="failed"),
    "the database does not answer": partial(database_that, fault="delayed"),
}


async def test_a_session_outlasts_outages(
    local_deployment: Deployment, speaker_user: User, figures: Figures
) -> None:
    """Everything that was published arrives once and in order, and no record of a connection stays behind."""
    stack = local_deployment.stack
    if stack is None:
        pytest.skip("needs the tests' own local AWS")

    async def token(force_refresh: bool) -> str:
        return speaker_user.token

    client = Client(local_deployment.config, token=token, timings=TIMINGS)
    async with client.create(source_language="en") as speaker:
        publisher = Publisher(speaker)
        listeners, listening = await start_listeners(
            local_deployment, speaker.session_id, LISTENERS, joining=1
        )
        outages_passed = asyncio.Event()
        publishing = asyncio.create_task(publish_until(outages_passed, publisher))
        for name, outage in OUTAGES.items():
            with outage(stack):
                await asyncio.sleep(OUTAGE_SECONDS)
            until = len(publisher.log) + MESSAGES_BETWEEN
            async with asyncio.timeout(RECOVERY_SECONDS):
                while len(publisher.log) < until:
                    assert not publishing.done(), name
                    await asyncio.sleep(PAUSE_SECONDS)
        outages_passed.set()
        await publishing
        await speaker.end()
        done, stuck = await asyncio.wait(listening, timeout=RECOVERY_SECONDS)
        await asyncio.gather(*done)
    account_for(figures, publisher.log, listeners, stuck=len(stuck))
    figures.failures(leaked=await records_left(local_deployment))


async def publish_until(outages_passed: asyncio.Event, publisher: Publisher) -> None:
    """Publish one message after another; the client repeats each until it is acknowledged."""
    number = 0
    while not outages_passed.is_set():
        number += 1
        await publisher.publish(number)
        await asyncio.sleep(PAUSE_SECONDS)


async def records_left(deployment: Deployment) -> int:
    """Return how many connections without a socket keep their record, however often the keep-alive runs.

    A disconnect that is being reported, and a push that fails for another reason, leave some to a later run.
    """
    controls, deadline = Controls(deployment), monotonic() + RECOVERY_SECONDS
    while True:
        records = await asyncio.to_thread(controls.make_due)
        left = set(records) - open_connections(deployment)
        if not left or monotonic() > deadline:
            return len(left)
        await asyncio.to_thread(controls.run)


def open_connections(deployment: Deployment) -> set[str]:
    """Return the ids of the connections that the gateway holds open."""
    with urllib.request.urlopen(f"{deployment.gateway}/connections", timeout=10) as answer:  # noqa: S310 -- ours
        return {one["connectionId"] for one in json.load(answer)}
