"""The keep-alive's gaps: silent connections must be pinged before API Gateway closes them."""

import asyncio
from collections.abc import Iterator
from time import monotonic

from tools.dev_stack.session_client import SessionClient
from tools.verify.connecting import url
from tools.verify.observations import Expectation, Observation
from tools.verify.verification import Verification
from websocket_sessions.config.settings import IDLE_LIMIT, RUN_INTERVAL_SECONDS, RUN_SECONDS

CONNECTIONS = 3


def idle_pings(run: Verification) -> Iterator[Observation]:
    """Open silent connections, and measure the gaps between their pings."""
    within = run.idle_ping + 2 * RUN_INTERVAL_SECONDS + RUN_SECONDS
    expectation = Expectation(
        subject=f"{CONNECTIONS} silent connections, {run.sizes.pings} pings each",
        expected=f"each gap is at most {within} s; API Gateway closes after {IDLE_LIMIT} s",
        source="docs/keep-alive.md, Settings",
        consequence="Lower idlePing by the excess, and look for late runs of keep_alive in its log.",
    )

    async def watch_all() -> list[list[float]]:
        async def watch(number: int) -> list[float]:
            await asyncio.sleep(number * run.sizes.apart_seconds)
            return await _gaps(url(run), run.sizes.pings, within)

        return await asyncio.gather(*(watch(number) for number in range(CONNECTIONS)))

    found = asyncio.run(watch_all())
    complete = all(len(gaps) == run.sizes.pings for gaps in found)
    intervals = "; ".join(", ".join(f"{gap:.0f} s" for gap in gaps) or "no ping" for gaps in found)
    yield expectation.seen(intervals, holds=complete and all(gap <= within for gaps in found for gap in gaps))


async def _gaps(address: str, pings: int, within: float) -> list[float]:
    """Return the seconds between each ping and what came before it, up to a ping that is missing."""
    gaps: list[float] = []
    async with await SessionClient.open(address) as client:
        before = monotonic()
        while len(gaps) < pings:
            try:
                await client.push("keepAlive", seconds=max(within, IDLE_LIMIT))
            except TimeoutError:
                break
            gaps.append(monotonic() - before)
            before = monotonic()
    return gaps
