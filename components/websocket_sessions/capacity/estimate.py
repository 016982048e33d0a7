"""From a declared load to the quotas that it uses and the US dollars that it costs a month.

The units of each operation are in operations.py. The load assumes the durations, which no local count shows.
The estimate errs on the high side: everybody arrives while messages flow, nothing is free, no price falls
with volume. It leaves out what a stack costs without any load (alarms, custom metrics, the polling of the
queue).
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from math import ceil

from websocket_sessions.arguments import ArgumentError
from websocket_sessions.capacity.load import MINUTES_A_MONTH, Load
from websocket_sessions.capacity.operations import (
    ACCESS_LOG_BYTES,
    CHANNEL_SECONDS,
    CONNECT,
    CREATE_SESSION,
    DISCONNECT,
    HTTP_REQUEST,
    INSTANCE_MINUTES,
    JOIN,
    KEEP_ALIVE_RUN,
    LOG_BYTES,
    MEMORY_GB,
    PING,
    ROUTE_METRICS,
    SILENCE_CHECK,
    SNAPSHOT_SECONDS,
    SUBSCRIBE,
    SWITCH,
    Operation,
    absence,
    append,
    channel_units,
    flush,
    heartbeat,
    heartbeats,
    message_reads,
    message_writes,
    most_in_batch,
    presence,
    publish,
    queued_shards,
    shard_reads,
    silence_checks,
)
from websocket_sessions.capacity.prices import (
    PRICES,
    QUOTAS,
    RESERVED_CONCURRENCY,
    Raised,
    default_limit,
)
from websocket_sessions.capacity.report import Cost, Estimate, Usage
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import MAX_SHARDS, SessionSettings
from websocket_sessions.permissions import FUNCTION_SPECS
from websocket_sessions.routes import functions_in_use, web_socket_routes

SESSION_WRITES = 2
"""Write units of a publish on the session's own item, which is one key."""
ROW_WRITES = 2
"""A listener's row, or its slot. New rows go to one partition until a shard is opened."""


def estimate(
    load: Load,
    settings: SessionSettings | None = None,
    raised: Mapping[str, float] | None = None,
    *,
    account: Mapping[str, float] | None = None,
    options: BackendOptions | None = None,
    region: str | None = None,
) -> Estimate:
    """Return what the load needs under these settings.

    `account` has the quotas that were read from the account (account.py). `raised` has those that the stack
    declares instead, by name. Raises ArgumentError for an unknown quota and for one that cannot be raised.
    """
    options = options or BackendOptions()
    limits = _limits(account or {}, _raised(raised or {}), options, region)
    needs = Needs(load, settings or SessionSettings(), has_channel=options.has_channel)
    usages = tuple(
        Usage(
            name=name,
            used=used,
            limit=limits[name][0] - (load.reserved_concurrency if name == "lambdaConcurrency" else 0),
            origin=limits[name][1],
            quota=QUOTAS[name],
        )
        for name, used in needs.quotas().items()
    )
    if "publish" in options.reserved:
        usages += (
            Usage(
                name="reservedConcurrency.publish",
                used=needs.publishing(),
                limit=options.reserved["publish"],
                origin="a setting",
                quota=RESERVED_CONCURRENCY,
            ),
        )
    units = needs.units(access_logs=options.access_logs, detailed_metrics=options.detailed_metrics)
    units |= needs.snapshots() if options.snap_start else {"lambdaSnapshots": 0, "lambdaRestores": 0}
    costs = tuple(
        Cost(name=name, units=count, usd=count * PRICES[name].usd / PRICES[name].per)
        for name, count in units.items()
    )
    assumed = (
        f"{load.invocation_seconds * 1000:g} ms for an invocation and "
        f"{load.push_seconds * 1000:g} ms for each push, at {MEMORY_GB:g} GB "
        "(load.invocationSeconds, load.pushSeconds)"
    )
    if options.snap_start:
        assumed += f", and {INSTANCE_MINUTES} minutes for an instance that is in use"
    if needs.on_channel:
        assumed += (
            f"; {load.channel_publish_seconds * 1000:g} ms for each publish to the channel "
            "(load.channelPublishSeconds), which every listener follows"
        )
    return Estimate(usages=usages, costs=costs, assumed=assumed)


class Needs:
    """The arithmetic: rates while the load lasts, and sums for a month."""

    def __init__(self, load: Load, settings: SessionSettings, *, has_channel: bool = False) -> None:
        self._load = load
        self._settings = settings
        self._has_channel = has_channel
        most_shards = max(1, min(MAX_SHARDS, ceil(settings.max_listeners / settings.listeners_per_shard)))
        rows_in_shard = ceil(settings.max_listeners / most_shards)
        self._shards = max(1, min(most_shards, ceil(load.listeners / rows_in_shard)))
        self._in_shard = ceil(load.listeners / self._shards)
        self._queued_shards = queued_shards(load.listeners, self._shards, settings)
        self._direct_shards = self._shards - self._queued_shards
        self._present = 1 - load.away
        self._listening = load.listeners * self._present
        large = ceil(settings.coalescing_audience / rows_in_shard)
        self._coalesces = settings.coalescing_interval > 0 and self._shards > large
        self._batch, self._fills = 1.0, False
        if self._coalesces:
            in_interval = max(1.0, load.messages_per_second * settings.coalescing_interval)
            self._batch = min(in_interval, most_in_batch(load.message_bytes))
            self._fills = in_interval > self._batch
            self._queued_shards, self._direct_shards = self._shards, 0
        self.on_channel = has_channel and self._shards > ceil(settings.channel_audience / rows_in_shard)
        if self.on_channel and not self._coalesces:
            # One function reads every shard, since few of its listeners need a push.
            self._queued_shards, self._direct_shards = 0, self._shards
        self._pushes = 0 if self.on_channel else 1
        """Pushes of a batch to one listener by API Gateway."""
        self._channel_units = channel_units(load.message_bytes, self._batch) if self.on_channel else 0

    def quotas(self) -> dict[str, float]:
        """Return the highest use of each quota, a second or at once.

        All arrive while messages flow, all are connected, and lost connections are replaced all the time.
        """
        load, silent = self._load, self._silent_rates()
        arrivals = load.connections / load.arrival_seconds
        http = load.http_requests_per_second
        # On the channel, a listener that arrives joins twice.
        requests = load.published + silent.heartbeats + silent.checks
        requests += (2 + self.on_channel) * (arrivals + silent.reconnects)
        sent = load.published / self._batch
        pushes = sent * self._pushes * load.listeners + silent.replays
        queued = load.invocation_seconds + load.push_seconds * self._pushes * self._in_shard
        flushing = load.invocation_seconds * (self._coalesces + self._fills)
        consumers = sent * (self._queued_shards * queued + flushing)
        if self.on_channel and self._coalesces:
            consumers += sent * (load.invocation_seconds + load.channel_publish_seconds)
        recorded = silent.heartbeats if self._settings.record_heartbeats else 0
        # A connection that arrives is an authorizer, a connect and a join; a lost one a disconnect besides.
        # On the channel, its authorizer runs twice, and the listener joins again.
        more = 3 * self.on_channel
        short = (3 + more) * arrivals + (4 + more) * silent.reconnects + silent.checks
        short += recorded + load.sessions + http
        concurrency = self.publishing() + consumers + short * load.invocation_seconds
        concurrency += silent.replays * load.push_seconds
        on_session = SESSION_WRITES + (2 * self._coalesces + self._fills) / self._batch
        message = load.messages_per_second * max(on_session, message_writes(load.message_bytes))
        join = ROW_WRITES * (1 + self.on_channel) * load.listeners / load.arrival_seconds
        return {
            "newConnectionsPerSecond": arrivals + silent.reconnects,
            "requestsPerSecond": requests + pushes + silent.pings + load.sessions + http,
            "throttleRate": requests,
            "httpThrottleRate": http,
            "lambdaConcurrency": concurrency,
            "fanOutConcurrency": consumers,
            "channelPublishesPerSecond": sent * load.languages * self.on_channel,
            "channelDeliveriesPerSecond": sent * self._channel_units * load.listeners,
            "channelConnectionsPerSecond": (arrivals + silent.reconnects) * self.on_channel,
            "partitionWritesPerSecond": max(message, join),
            "partitionReadsPerSecond": load.messages_per_second / self._batch * shard_reads(self._in_shard),
        }

    def publishing(self) -> float:
        """Return the publishing invocations at once."""
        load = self._load
        pushing = load.push_seconds * self._direct_shards * self._in_shard
        if self.on_channel:
            pushing = 0 if self._coalesces else load.channel_publish_seconds
        return load.published * (load.invocation_seconds + pushing)

    def operations(self) -> list[tuple[Operation, float]]:
        """Return each operation with its number in a month."""
        load, settings = self._load, self._settings
        seconds = load.minutes * 60
        held = load.minutes / load.session_minutes
        connected = load.connections * self._present
        connects = load.connections * (held + self._reconnects())
        joins = load.sessions * load.listeners * (held + self._reconnects())
        resumes = load.sessions * self._reconnects()
        return [
            *self._publishes(load.published * seconds),
            (CREATE_SESSION, load.sessions * held),
            (CONNECT, connects),
            (JOIN, joins + resumes),
            (DISCONNECT, connects),
            (presence(load.listeners), min(joins * 2, load.sessions * seconds)),
            (
                self._by_channel(absence(self._listening, self._shards)),
                load.sessions * self._lost_connections(),
            ),
            (SUBSCRIBE, self._subscriptions()),
            (SWITCH, self._subscriptions()),
            (PING, connected * seconds / settings.idle_ping),
            (heartbeat(settings), connected * heartbeats(seconds, self._server_silence())),
            (SILENCE_CHECK, load.sessions * self._listening * self._silence_checks(held)),
            (HTTP_REQUEST, load.http_requests_per_second * seconds),
            (KEEP_ALIVE_RUN, load.minutes),
        ]

    def _publishes(self, published: float) -> list[tuple[Operation, float]]:
        """Return what sends the messages of a month: each at once, or in batches."""
        load = self._load
        appended = append(load.message_bytes)
        if not self._coalesces:
            whole = publish(load.message_bytes, self._listening, self._shards, self._settings)
            if self.on_channel:
                reads = self._shards * shard_reads(ceil(self._listening / self._shards))
                whole = replace(appended, reads=reads)
            return [(whole, published)]
        flushing = flush(load.message_bytes, self._listening, self._shards, self._batch, is_full=self._fills)
        flushing = self._by_channel(flushing)
        # The channel has a task of the queue beside those of the shards, and reads the messages as they do.
        reads = self.on_channel * self._batch * message_reads(load.message_bytes)
        flushing = replace(
            flushing, reads=flushing.reads + reads, invocations=flushing.invocations + self.on_channel
        )
        return [(appended, published), (flushing, published / self._batch)]

    def _by_channel(self, operation: Operation) -> Operation:
        """Return an operation without the pushes that the channel carries."""
        return replace(operation, messages=0) if self.on_channel else operation

    def _subscriptions(self) -> float:
        """Return how often in a month listeners subscribe to the channel.

        They do when they arrive, when their network was lost, and after the longest connection.
        """
        load = self._load
        if not self.on_channel:
            return 0
        lifetimes = load.minutes * 60 / CHANNEL_SECONDS
        times = load.minutes / load.session_minutes + self._lost_connections() + lifetimes
        return load.sessions * load.listeners * times

    def units(self, *, access_logs: bool = False, detailed_metrics: bool = False) -> dict[str, float]:
        """Return what is billed for a month."""
        load, operations = self._load, self.operations()
        messages, requests, writes, reads, invocations = (
            sum(units * count for units, count in column)
            for column in zip(
                *([(units, count) for units in astuple(operation)] for operation, count in operations),
                strict=True,
            )
        )
        published = load.published * load.minutes * 60
        sent = published / self._batch
        pushes = sent * self._pushes * self._listening
        to_channel = sent * load.channel_publish_seconds * self.on_channel
        replayed = published * (load.listeners - self._listening)
        logged = invocations * LOG_BYTES + (requests * ACCESS_LOG_BYTES if access_logs else 0)
        metrics = ROUTE_METRICS * len(web_socket_routes(record_heartbeats=False)) if detailed_metrics else 0
        return {
            "webSocketMessages": messages + replayed,
            "connectionMinutes": load.connections * self._present * load.minutes,
            "channelOperations": self._channel_operations(sent),
            "channelMinutes": self.on_channel * load.sessions * self._listening * load.minutes,
            "httpRequests": load.http_requests_per_second * load.minutes * 60,
            "lambdaRequests": invocations,
            "lambdaDuration": MEMORY_GB
            * ((pushes + replayed) * load.push_seconds + to_channel + invocations * load.invocation_seconds),
            "dynamoDbWrites": writes,
            "dynamoDbReads": reads + replayed * message_writes(load.message_bytes) / 8,
            "sqsRequests": self._queue_requests() * sent,
            "logs": logged / 1e9,
            "dataOut": (published * self._listening + replayed) * load.message_bytes / 1e9,
            "detailedMetrics": metrics,
        }

    def snapshots(self) -> dict[str, float]:
        """Return what SnapStart is billed for a month.

        Each version of each function has a snapshot all month, and each deployment's is billed for its least
        time besides. All instances start at the beginning of a session, after a deployment, and when those
        before them have lived long enough: those of the highest concurrency, and one of each function.
        """
        load = self._load
        names = functions_in_use(
            record_heartbeats=self._settings.record_heartbeats, has_channel=self._has_channel
        )
        memory_gb = sum(FUNCTION_SPECS[name].memory_size for name in names) / 1024
        cached = load.function_versions * MINUTES_A_MONTH * 60 + load.deployments * SNAPSHOT_SECONDS
        starts = load.minutes / load.session_minutes + load.minutes / INSTANCE_MINUTES + load.deployments
        instances_gb = ceil(self.quotas()["lambdaConcurrency"]) * MEMORY_GB
        return {"lambdaSnapshots": memory_gb * cached, "lambdaRestores": (instances_gb + memory_gb) * starts}

    def _channel_operations(self, sent: float) -> float:
        """Return the metered operations of the channel in a month in which as many batches are sent.

        Listeners are informed of each absence of their speaker, and of its end.
        """
        if not self.on_channel:
            return 0
        absences = 2 * self._load.sessions * self._lost_connections()
        carried = (sent * self._channel_units + absences) * (self._load.languages + self._listening)
        return carried + 2 * self._subscriptions()

    def _queue_requests(self) -> int:
        """Return the requests to SQS of one message, or of one batch: to queue shards, and for each task."""
        if self._coalesces:
            return 1 + 2 * (self._shards + self.on_channel) + 3 + 2 * self._fills
        if self.on_channel:
            return 0
        queued = queued_shards(self._listening, self._shards, self._settings)
        return 1 + 2 * queued if queued else 0

    def _silent_rates(self) -> "SilentRates":
        """Return how often a second clients do what nobody asked them for, and the server pings them."""
        load, seconds = self._load, self._load.minutes * 60
        if not seconds:
            return SilentRates(heartbeats=0, checks=0, pings=0, reconnects=0, replays=0)
        held = load.minutes / load.session_minutes
        reconnects = load.connections * self._reconnects() / seconds
        return SilentRates(
            heartbeats=load.connections * heartbeats(1, self._server_silence()),
            checks=load.sessions * load.listeners * self._silence_checks(held) / seconds,
            pings=load.connections / self._settings.idle_ping,
            reconnects=reconnects,
            replays=load.published * load.listeners * load.away,
        )

    def _reconnects(self) -> float:
        """Return the connections a month that replace one connection: handovers and lost networks."""
        load, settings = self._load, self._settings
        lifetime = settings.connection_lifetime - settings.refresh_lead
        handovers = load.minutes * 60 / lifetime if load.session_minutes * 60 > lifetime else 0
        return handovers + self._lost_connections()

    def _lost_connections(self) -> float:
        """Return how often in a month one client loses its connection."""
        return self._load.minutes / 60 * self._load.reconnects_per_hour

    def _server_silence(self) -> float:
        """Return the seconds between two messages from the server, pings included."""
        between = 1 / self._load.messages_per_second if self._load.messages_per_second else float("inf")
        return min(between, self._settings.idle_ping)

    def _silence_checks(self, held: float) -> float:
        """Return the checks of one listener in a month, in `held` sessions one after another."""
        load = self._load
        messages = load.messages_per_second * load.minutes * 60
        silences = max(messages, held)
        return silences * silence_checks(load.minutes * 60 / silences) if silences else 0


@dataclass(frozen=True, kw_only=True)
class SilentRates:
    """What happens each second beside arrivals and messages."""

    heartbeats: float
    checks: float
    """Of listeners for missed messages."""
    pings: float
    """Of the keep-alive."""
    reconnects: float
    """Connections that replace another one."""
    replays: float
    """Messages that are pushed again after a reconnect."""


def _limits(
    account: Mapping[str, float], raised: Mapping[str, float], options: BackendOptions, region: str | None
) -> dict[str, tuple[float, str]]:
    """Return each limit with its origin. What the stack declares precedes what the account has."""
    by_setting = {
        "throttleRate": options.throttle_rate,
        "httpThrottleRate": options.http_throttle_rate,
        "fanOutConcurrency": float(options.fan_out_concurrency),
    }
    return {
        **{
            name: (
                default_limit(name, region),
                "fixed" if quota.raised is Raised.NEVER else "the default",
            )
            for name, quota in QUOTAS.items()
        },
        **{name: (limit, "a setting") for name, limit in by_setting.items()},
        **{name: (limit, "read from the account") for name, limit in account.items()},
        **{name: (limit, "raisedQuotas") for name, limit in raised.items()},
    }


def _raised(given: Mapping[str, float]) -> dict[str, float]:
    for name in given:
        if name not in QUOTAS or QUOTAS[name].raised is not Raised.BY_AWS:
            allowed = ", ".join(one for one, quota in QUOTAS.items() if quota.raised is Raised.BY_AWS)
            raise ArgumentError(f"raisedQuotas has {name}: allowed is {allowed}")
    return {name: float(value) for name, value in given.items()}
