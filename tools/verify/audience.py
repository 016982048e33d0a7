"""A session with many listeners: whether each gets every message, and joins at the same moment."""

import asyncio
import statistics
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from time import monotonic

from websockets.exceptions import InvalidHandshake

from tools.dev_stack.session_client import Refused, SessionClient
from tools.verify.connecting import signed_in, url
from tools.verify.observations import Expectation, Observation
from tools.verify.verification import Verification

ARRIVING = 3
"""Listeners that connect and join at a time where joins are not the subject: what two cores carry with cold
functions."""
RECEIPT_SECONDS = 60.0
ALLOWED_FAILURES = 0.001
"""Of a burst's joins."""
Joins = list[tuple[str, float]]
"""The outcome and the seconds of each join."""


def listeners(run: Verification) -> Iterator[Observation]:
    """Let many listeners join one session, and publish to them."""
    count, messages = run.sizes.listeners, run.sizes.messages
    joined = Expectation(
        subject=f"{count} listeners join",
        expected=f"each gets sessionJoined, and the session counts {count} listeners",
        source="PROTOCOL.md, Joining and recovery",
        consequence="Read the log of join_session: throttling there is a quota (see the step quotas).",
    )
    received = Expectation(
        subject=f"{messages} messages to {count} listeners",
        expected=f"each listener receives the offsets 1 to {messages}, each at least once",
        source="PROTOCOL.md, Order",
        consequence="Read the logs of publish and fan_out, and the counter PushThrottled.",
    )

    async def talk() -> list[Observation]:
        async with session(run) as (speaker, session_id), AsyncExitStack() as open_clients:
            audience = await _connect(run, count, open_clients)
            outcomes = _outcomes(count, await _join_all(audience, session_id, at_once=ARRIVING))
            counted = (await speaker.request("getSession"))["listeners"]
            delays = [await _publish(speaker, audience, number) for number in range(1, messages + 1)]
        missed = sum(one is None for heard in delays for one in heard)
        seconds = [one for heard in delays for one in heard if one is not None]
        return [
            joined.seen(
                f"{_describe(outcomes)}; {counted} counted",
                holds=outcomes["sessionJoined"] == counted == count,
            ),
            received.seen(
                f"{missed} missed; publish to receipt: {_quantiles(seconds)}",
                holds=missed == 0 and len(seconds) == count * messages,
            ),
        ]

    yield from asyncio.run(talk())


def bursts(run: Verification) -> Iterator[Observation]:
    """Let more and more connected listeners join one session at the same moment."""
    for size in run.sizes.bursts:
        expectation = Expectation(
            subject=f"{size} joins at the same moment",
            expected=f"at most {ALLOWED_FAILURES:.1%} of the joins fail",
            source="docs/adr/0016-slots-and-shards-in-use.md",
            consequence="UNAVAILABLE is DynamoDB's contention; INTERNAL or no reply is Lambda's concurrency.",
        )
        joins = asyncio.run(_burst(run, size))
        outcomes = _outcomes(size, joins)
        failed = size - outcomes["sessionJoined"]
        seen = f"{_describe(outcomes)}; {_quantiles([seconds for _, seconds in joins])}"
        if run.on_emulator:
            yield expectation.unseen(f"a local AWS has no contention and no concurrency of AWS's: {seen}")
        else:
            yield expectation.seen(seen, holds=failed <= size * ALLOWED_FAILURES)


@asynccontextmanager
async def session(run: Verification) -> AsyncGenerator[tuple[SessionClient, str]]:
    """Create a session, and end it."""
    async with signed_in(run) as user, await SessionClient.open(url(run), user.token) as speaker:
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        try:
            yield speaker, str(created["sessionId"])
        finally:
            # The session ends by itself if a stack that is still busy does not reply.
            with suppress(Refused, TimeoutError, ConnectionError):
                await speaker.request("endSession")


async def _connect(run: Verification, count: int, open_clients: AsyncExitStack) -> list[SessionClient]:
    """Return the connections that could be opened, a few at a time; `open_clients` closes them."""
    arriving = asyncio.Semaphore(ARRIVING)

    async def arrive() -> SessionClient | None:
        async with arriving:
            try:
                client = await SessionClient.open(url(run))
            except (OSError, InvalidHandshake):
                return None
            return await open_clients.enter_async_context(client)

    arrived = await asyncio.gather(*(arrive() for _ in range(count)))
    return [client for client in arrived if client is not None]


async def _join_all(clients: list[SessionClient], session_id: str, at_once: int) -> Joins:
    """Let all clients join; return the outcome and the seconds of each: a reply's type or an error code."""
    joining = asyncio.Semaphore(at_once)

    async def join(client: SessionClient) -> tuple[str, float]:
        async with joining:
            started = monotonic()
            try:
                reply = await client.request("joinSession", sessionId=session_id, targetLanguage="es")
                outcome = str(reply["type"])
            except Refused as refused:
                outcome = refused.code
            except (TimeoutError, ConnectionError):
                outcome = "no reply"
            return outcome, monotonic() - started

    return await asyncio.gather(*(join(client) for client in clients))


async def _publish(speaker: SessionClient, audience: list[SessionClient], number: int) -> list[float | None]:
    """Publish one message; return the seconds until each listener had it, None for one that missed it."""
    started = monotonic()

    async def receive(listener: SessionClient) -> float | None:
        try:
            await listener.push("message", seconds=RECEIPT_SECONDS, offset=number)
        except TimeoutError:
            return None
        return monotonic() - started

    receiving = [asyncio.create_task(receive(listener)) for listener in audience]
    await speaker.request("publish", data=f"message {number}")
    return await asyncio.gather(*receiving)


async def _burst(run: Verification, size: int) -> Joins:
    async with session(run) as (_speaker, session_id), AsyncExitStack() as open_clients:
        clients = await _connect(run, size, open_clients)
        return await _join_all(clients, session_id, at_once=size)


def _outcomes(count: int, joins: Joins) -> Counter[str]:
    """Count the outcomes of all listeners, those without a connection included."""
    return Counter([outcome for outcome, _ in joins] + ["no connection"] * (count - len(joins)))


def _describe(outcomes: Counter[str]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())


def _quantiles(seconds: list[float]) -> str:
    """Return the median, the 95th percentile and the maximum."""
    if not seconds:
        return "nothing was received"
    ordered = sorted(1000 * one for one in seconds)
    late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    median = statistics.median(ordered)
    return f"median {median:.0f} ms, 95 % within {late:.0f} ms, all within {ordered[-1]:.0f} ms"
