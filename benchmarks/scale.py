"""Simulates the fan-out to up to a million listeners: what bends, in which order, and at what cost.

The messages of all sessions pass the publishing functions, the fan-out queue with its consumers, and the
account's rate of requests, which each push counts against. Work waits in order where the capacity is used up.
A message's age is the time from its publish to its push. Quotas, durations and costs are those of the
estimate. Waiting stands for the retries of throttled pushes: where the age grows without end, listeners
recover messages from the log instead of receiving them in time.

The second table compares what goes further, with a message a second and 1,000 functions at once: a push for
each message and listener, a push for two seconds' messages (`coalescingInterval`), and AppSync Events instead
of API Gateway for the messages (`audienceChannel`). AppSync Events takes one request a message and delivers
it itself, at 5 KB a unit. Its use and its cost are those of the estimate: two connections and two joins for
each listener, two runs of the authorizer, and the fan-out's reads of the listeners, who may be direct.
Run: python -m benchmarks.scale
"""

import heapq
import math
import random
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.report import Report, Table
from websocket_sessions.capacity.estimate import estimate
from websocket_sessions.capacity.load import Load
from websocket_sessions.capacity.prices import QUOTAS
from websocket_sessions.capacity.report import Estimate
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import SessionSettings

LISTENERS = (1_000, 3_000, 10_000, 30_000, 100_000, 1_000_000)
LARGE_AUDIENCES = (10_000, 30_000, 100_000, 1_000_000)
LISTENERS_OF_A_SESSION = 500
SECONDS = 30.0
TASKS_OF_AN_INVOCATION = 10
PUBLISHED = "published"
MINUTES = 60.0
COALESCING_SECONDS = 2
FUNCTIONS = 1_000
"""Concurrent executions that AWS grants on request."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Capacities and durations of what serves the messages."""

    requests_per_second: float = QUOTAS["requestsPerSecond"].limit
    functions: int = int(QUOTAS["lambdaConcurrency"].limit)
    consumers: int = int(QUOTAS["fanOutConcurrency"].limit)
    overhead_seconds: float = Load.invocation_seconds
    push_seconds: float = Load.push_seconds
    direct: int = 100
    in_shard: int = 100


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Seconds from publish to push."""

    ages: Sequence[float]
    """Of each served shard, in the order of the messages."""

    @property
    def median(self) -> float:
        return statistics.median(self.ages)

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.ages, n=100)[98]

    @property
    def is_growing(self) -> bool:
        """Whether the last quarter of the messages is far older than the first."""
        quarter = max(1, len(self.ages) // 4)
        first, last = (statistics.median(part) for part in (self.ages[:quarter], self.ages[-quarter:]))
        return last > 2 * first + 1


@dataclass
class Rate:
    """Requests of an account, as many a second as the quota allows, in the order in which they are made."""

    per_second: float
    next_at: float = 0.0

    def take(self, count: int, at: float) -> float:
        """Return when the last of as many requests is accepted."""
        self.next_at = max(self.next_at, at) + count / self.per_second
        return self.next_at


def simulate(load: Load, site: Site, *, seconds: float = SECONDS, seed: int = 1) -> Outcome:
    """Publish at the load's rate for a while; return the ages of all pushes."""
    rng = random.Random(seed)
    rate = Rate(site.requests_per_second)
    shards = math.ceil(load.listeners / site.in_shard)
    sizes = [load.listeners // shards + (number < load.listeners % shards) for number in range(shards)]
    direct = _direct_shards(sizes, site.direct)
    free = {"publish": site.functions, "consume": site.consumers}
    waiting: dict[str, deque[tuple[float, int]]] = {"publish": deque(), "consume": deque()}
    events = [(at, PUBLISHED, at) for at in _published(load, seconds, rng)]
    heapq.heapify(events)
    ages: list[tuple[float, float]] = []

    def serve(kind: str, now: float) -> None:
        """Let free functions take what waits."""
        most = 1 if kind == "publish" else TASKS_OF_AN_INVOCATION
        while free[kind] and waiting[kind]:
            free[kind] -= 1
            work = [waiting[kind].popleft() for _ in range(min(most, len(waiting[kind])))]
            begun = now + site.overhead_seconds
            pushes = sum(size for _, size in work)
            done = max(begun + pushes * site.push_seconds, rate.take(pushes, begun))
            ages.extend((at, done - at) for at, _ in work)
            heapq.heappush(events, (done, kind, now))

    while events:
        now, kind, at = heapq.heappop(events)
        if kind == PUBLISHED:
            waiting["publish"].append((at, sum(sizes[:direct])))
            waiting["consume"].extend((at, size) for size in sizes[direct:])
        else:
            free[kind] += 1
        serve("publish", now)
        serve("consume", now)
    return Outcome(ages=[age for _, age in sorted(ages)])


def _published(load: Load, seconds: float, rng: random.Random) -> list[float]:
    """Return when messages are published: each session at its interval, from a random start."""
    interval = 1 / load.messages_per_second
    starts = [rng.random() * interval for _ in range(load.sessions)]
    return [
        start + number * interval
        for start in starts
        for number in range(int(seconds * load.messages_per_second))
    ]


def _direct_shards(sizes: Sequence[int], enough: int) -> int:
    """Return how many shards the publishing function serves itself."""
    listeners = 0
    for number, size in enumerate(sizes):
        if listeners >= enough:
            return number
        listeners += size
    return len(sizes)


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One way of the messages to the listeners: what is simulated, the requests it makes, and its cost."""

    name: str
    load: Load
    site: Site
    per_second: float
    """Requests to API Gateway, or units that AppSync Events delivers."""
    limit: float
    usd: float


def legs(load: Load) -> list[Leg]:
    """Return the legs for a load, whose time is an hour."""
    site = Site(functions=FUNCTIONS, consumers=FUNCTIONS)
    plain = estimate(load, SessionSettings())
    settings = SessionSettings(coalescing_interval=COALESCING_SECONDS, coalescing_audience=0)
    coalesced = estimate(load, settings)
    channel = estimate(load, SessionSettings(), options=BackendOptions(audience_channel="appSyncEvents"))
    deliveries = QUOTAS["channelDeliveriesPerSecond"].limit
    return [
        Leg(
            name="API Gateway",
            load=load,
            site=site,
            per_second=_requests(plain),
            limit=site.requests_per_second,
            usd=plain.total,
        ),
        Leg(
            name=f"coalesced, {COALESCING_SECONDS} s",
            load=replace(load, messages_per_second=1 / COALESCING_SECONDS),
            site=replace(site, direct=0),
            per_second=_requests(coalesced),
            limit=site.requests_per_second,
            usd=coalesced.total,
        ),
        Leg(
            name="AppSync Events",
            load=load,
            site=replace(
                site,
                requests_per_second=deliveries,
                overhead_seconds=site.overhead_seconds + load.channel_publish_seconds,
                push_seconds=0,
                direct=load.listeners,
            ),
            per_second=_used(channel, "channelDeliveriesPerSecond"),
            limit=deliveries,
            usd=channel.total,
        ),
    ]


def _requests(estimated: Estimate) -> float:
    return _used(estimated, "requestsPerSecond")


def _used(estimated: Estimate, name: str) -> float:
    return next(usage.used for usage in estimated.usages if usage.name == name)


def load_of(listeners: int) -> Load:
    """Return an hour of an audience in sessions of the same size, with a message a second."""
    return Load(
        sessions=math.ceil(listeners / LISTENERS_OF_A_SESSION),
        listeners=LISTENERS_OF_A_SESSION,
        messages_per_second=1,
        minutes=MINUTES,
    )


def audiences() -> Table:
    """Simulate each audience with the quotas of an account, and name what bends."""
    rows: list[list[str]] = []
    for listeners in LISTENERS:
        load = load_of(listeners)
        outcome = simulate(load, Site())
        estimated = estimate(load, SessionSettings())
        over = sorted(estimated.usages, key=lambda usage: usage.used / usage.limit, reverse=True)
        bent = [f"{usage.name} {usage.used / usage.limit:.1f}" for usage in over if usage.used > usage.limit]
        rows.append(
            [
                f"{listeners:,}",
                f"{outcome.median:.2f}",
                f"{outcome.p99:.2f}",
                "yes" if outcome.is_growing else "no",
                ", ".join(bent) or "none",
                f"{sum(cost.usd for cost in estimated.costs):,.0f}",
            ]
        )
    head = ["listeners", "median s", "99 % s", "grows", "quotas exceeded (use / quota)", "USD an hour"]
    return Table(head=head, rows=rows)


def further() -> Table:
    """Simulate each leg for the larger audiences. The wait of an interval is not a part of the age."""
    rows: list[list[str]] = []
    for listeners in LARGE_AUDIENCES:
        for leg in legs(load_of(listeners)):
            outcome = simulate(leg.load, leg.site)
            rows.append(
                [
                    f"{listeners:,}, {leg.name}",
                    f"{leg.per_second / leg.limit:.2f}",
                    f"{outcome.median:.2f}",
                    f"{outcome.p99:.2f}",
                    "yes" if outcome.is_growing else "no",
                    f"{leg.usd:,.0f}",
                ]
            )
    head = ["listeners, leg", "use / quota of the leg", "median s", "99 % s", "grows", "USD an hour"]
    return Table(head=head, rows=rows)


def report() -> Report:
    """Simulate the audiences, and what goes further."""
    return Report(tables=[audiences(), further()])


def main() -> None:
    """Measure and print the report."""
    print(report().text())


if __name__ == "__main__":
    main()
