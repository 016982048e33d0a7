"""From a declared load to the quotas that it uses and the US dollars that it costs a month.

What an operation needs is written below once, with its reason; benchmarks/ measures the durations. The
estimate errs on the high side: everybody arrives while messages flow, nothing is free, no price falls with
volume. What a stack costs without any load (alarms, custom metrics, the polling of the queue) is not in it.
"""

from collections.abc import Mapping
from math import ceil

from websocket_sessions.arguments import ArgumentError
from websocket_sessions.capacity.load import Load
from websocket_sessions.capacity.prices import (
    PRICES,
    QUIET_REGIONS,
    QUIET_REQUESTS_PER_SECOND,
    QUOTAS,
    Raised,
)
from websocket_sessions.capacity.report import Cost, Estimate, Usage
from websocket_sessions.config.settings import SessionSettings

ENVELOPE_BYTES = 300
"""What the log adds to a message's data: keys, times, attribute names."""
LISTENER_BYTES = 150
"""A listener's row."""
LOG_BYTES = 1_000
"""What one invocation writes to its log, the platform's lines included."""

OVERHEAD_SECONDS = 0.03
"""An invocation without its pushes: a read or two, a write."""
PUSH_SECONDS = 0.0005
"""One push among many from a function of 1 GB: CPU time, and its share of the waiting (64 go at once)."""
MEMORY_GB = 1.0

PUBLISH_WRITES = 4
"""Write units of a publish but its message: the session's item and the request's in a transaction. The
session's index has keys only. The client library gives each publish a `requestId`."""
SESSION_WRITES = 2
"""Those of them that are the session's own item: writes of one key."""
JOIN_WRITES = 17
"""A connection noted, in its index, with its limit (3); joined: counter, row, connection and limit in a
transaction, and the index (9); leaving: counter, row and connection (5)."""
PING_WRITES = 2
"""A look of the keep-alive: the connection's item and its index."""


def estimate(
    load: Load,
    settings: SessionSettings | None = None,
    raised: Mapping[str, float] | None = None,
    *,
    fan_out_concurrency: int | None = None,
    region: str | None = None,
) -> Estimate:
    """What the load needs under these settings.

    `raised` has the quotas that the account has instead of the Region's usual ones, by name; raises
    ArgumentError for one that is not known or that cannot be raised.
    """
    limits = {name: quota.limit for name, quota in QUOTAS.items()}
    if region in QUIET_REGIONS:
        limits["requestsPerSecond"] = QUIET_REQUESTS_PER_SECOND
    if fan_out_concurrency is not None:
        limits["fanOutConcurrency"] = fan_out_concurrency
    limits |= _raised(raised or {})
    needs = Needs(load, settings or SessionSettings())
    usages = tuple(
        Usage(name=name, used=used, limit=limits[name], quota=QUOTAS[name])
        for name, used in needs.quotas().items()
    )
    costs = tuple(
        Cost(name=name, units=units, usd=units * PRICES[name].usd / PRICES[name].per)
        for name, units in needs.units().items()
    )
    return Estimate(usages=usages, costs=costs)


class Needs:
    """The arithmetic: rates while the load lasts, and sums for a month."""

    def __init__(self, load: Load, settings: SessionSettings) -> None:
        self._load = load
        self._shards = max(1, min(10, ceil(settings.max_listeners / settings.listeners_per_shard)))
        self._in_shard = ceil(load.listeners / self._shards)
        within_reach = settings.max_listeners <= settings.direct_fan_out
        read_here = max(1, ceil(settings.direct_fan_out / max(1, self._in_shard)))
        self._direct_shards = self._shards if within_reach else min(self._shards, read_here)
        self._queued_shards = self._shards - self._direct_shards
        self._idle_ping = settings.idle_ping

    def quotas(self) -> dict[str, float]:
        """The most that is used of each quota, a second or at once."""
        load = self._load
        arrivals = load.connections / load.arrival_seconds
        callbacks = load.published * load.listeners + load.sessions
        direct = OVERHEAD_SECONDS + PUSH_SECONDS * self._direct_shards * self._in_shard
        queued = OVERHEAD_SECONDS + PUSH_SECONDS * self._in_shard
        consumers = load.published * self._queued_shards * queued
        concurrency = load.published * direct + consumers + (3 * arrivals + load.sessions) * OVERHEAD_SECONDS
        message_writes = load.messages_per_second * max(SESSION_WRITES, self._message_writes())
        join_writes = 4 * self._in_shard / load.arrival_seconds
        return {
            "newConnectionsPerSecond": arrivals,
            "requestsPerSecond": load.published + callbacks + 2 * arrivals,
            "lambdaConcurrency": concurrency,
            "fanOutConcurrency": consumers,
            "partitionWritesPerSecond": max(message_writes, join_writes),
            "partitionReadsPerSecond": load.messages_per_second * self._shard_reads(),
        }

    def units(self) -> dict[str, float]:
        """What is paid for in a month."""
        load = self._load
        seconds = load.minutes * 60
        messages = load.published * seconds
        joins = load.connections * load.minutes / load.session_minutes
        pings = load.connections * seconds / self._idle_ping
        presence = min(joins * 2, load.sessions * seconds * self._shards)  # each shard counts by itself
        pushes = messages * load.listeners
        invocations = messages * (1 + self._queued_shards) + joins * 4 + presence + load.minutes
        pushing = pushes * PUSH_SECONDS + invocations * OVERHEAD_SECONDS
        return {
            "webSocketMessages": pushes + 2 * messages + 2 * joins + pings + presence,
            "connectionMinutes": load.connections * load.minutes,
            "lambdaRequests": invocations,
            "lambdaDuration": pushing * MEMORY_GB,
            "dynamoDbWrites": messages * (PUBLISH_WRITES + self._message_writes())
            + joins * JOIN_WRITES
            + pings * PING_WRITES,
            "dynamoDbReads": messages * self._shards * self._shard_reads() + joins * 3 + presence * 3,
            "sqsRequests": messages * (1 + 2 * self._queued_shards) if self._queued_shards else 0,
            "logs": invocations * LOG_BYTES / 1e9,
            "dataOut": pushes * load.message_bytes / 1e9,
        }

    def _message_writes(self) -> int:
        """Write units of the log's item, in a transaction."""
        return 2 * ceil((self._load.message_bytes + ENVELOPE_BYTES) / 1024)

    def _shard_reads(self) -> int:
        """Read units of one shard's listeners."""
        return max(1, ceil(self._in_shard * LISTENER_BYTES / 4096))


def _raised(given: Mapping[str, float]) -> dict[str, float]:
    for name in given:
        if name not in QUOTAS or QUOTAS[name].raised is not Raised.BY_AWS:
            allowed = ", ".join(one for one, quota in QUOTAS.items() if quota.raised is Raised.BY_AWS)
            raise ArgumentError(f"raisedQuotas has {name}: allowed is {allowed}")
    return {name: float(value) for name, value in given.items()}
