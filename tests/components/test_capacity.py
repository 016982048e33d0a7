"""The estimate: what a load uses and costs, by figures worked out by hand, and by how they move."""

import re
from dataclasses import replace
from datetime import date
from math import ceil, prod
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_sessions.arguments import ArgumentError
from websocket_sessions.capacity.estimate import estimate
from websocket_sessions.capacity.load import Load
from websocket_sessions.capacity.operations import (
    HEARTBEAT_SECONDS,
    MAX_SILENCE_SECONDS,
    SILENCE_SECONDS,
    heartbeats,
    silence_checks,
)
from websocket_sessions.capacity.prices import PRICES, QUOTAS, REVISED
from websocket_sessions.capacity.report import Estimate
from websocket_sessions.client.timings import Timings
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import (
    IDLE_LIMIT,
    RUN_INTERVAL_SECONDS,
    RUN_SECONDS,
    SessionSettings,
)
from websocket_sessions.permissions import FUNCTION_SPECS
from websocket_sessions.routes import functions_in_use

SMALL = Load(
    sessions=1,
    listeners=99,
    messages_per_second=1,
    message_bytes=500,
    minutes=600,
    reconnects_per_hour=0,
)
ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = {"lambdaConcurrency": 1_000}
loads = st.builds(
    Load,
    sessions=st.integers(1, 1_000),
    listeners=st.integers(1, 500),
    messages_per_second=st.floats(0, 20),
    message_bytes=st.integers(1, 32_768),
    minutes=st.floats(0, 44_640),
)


def used(made: Estimate, name: str) -> float:
    return next(usage.used for usage in made.usages if usage.name == name)


def units(made: Estimate, name: str) -> float:
    return next(cost.units for cost in made.costs if cost.name == name)


def test_one_small_session_by_hand() -> None:
    """600 minutes, 10 of an hour each; 100 connections; 36,000 messages to 99 listeners."""
    made = estimate(SMALL)
    connects, joins, pings, presence = 100 * 10, 99 * 10, 100 * 36_000 / 360, 99 * 10 * 2
    assert units(made, "connectionMinutes") == 60_000
    assert units(made, "webSocketMessages") == 36_000 * (99 + 2) + 2 * joins + 2 * 10 + pings + presence
    assert units(made, "dynamoDbWrites") == (
        36_000 * (4 + 2) + connects * (5 + 7) + joins * 9 + 10 * 10 + pings * 3
    )
    assert units(made, "dataOut") == pytest.approx(36_000 * 99 * 500 / 1e9)
    assert used(made, "newConnectionsPerSecond") == pytest.approx(100 / 60)
    assert used(made, "requestsPerSecond") == pytest.approx(1 + 99 + 1 + 200 / 60 + 100 / 360)
    assert made.exceeded == []
    made.check()


def test_the_bill_is_its_units_at_their_prices() -> None:
    made = estimate(SMALL)
    dollars = {cost.name: cost.usd for cost in made.costs}
    assert dollars.keys() == PRICES.keys()
    assert dollars["connectionMinutes"] == pytest.approx(0.015)
    assert dollars["webSocketMessages"] == pytest.approx(3.64998)
    assert made.total == pytest.approx(sum(dollars.values()))


def test_callbacks_are_what_a_broadcast_is_bounded_by() -> None:
    """40 sessions of 300 listeners and a message a second: 12,000 callbacks a second."""
    broadcast = Load(sessions=40, listeners=300, messages_per_second=1, minutes=60, arrival_seconds=600)
    made = estimate(broadcast, raised=ACCOUNT)
    assert [usage.name for usage in made.exceeded] == ["requestsPerSecond"]
    with pytest.raises(ArgumentError, match=r"requestsPerSecond: 12,1.. of 10,000"):
        made.check()
    raised = estimate(broadcast, raised=ACCOUNT | {"requestsPerSecond": 20_000})
    assert raised.exceeded == []


@pytest.mark.parametrize(("region", "of"), [("mx-central-1", "2,500"), ("eu-central-1", "10,000")])
def test_some_regions_have_a_lower_rate(region: str, of: str) -> None:
    broadcast = Load(sessions=40, listeners=300, messages_per_second=1, minutes=60, arrival_seconds=600)
    assert f" of {of} " in str(estimate(broadcast, region=region, raised=ACCOUNT).exceeded[0])
    raised = estimate(broadcast, region=region, raised=ACCOUNT | {"requestsPerSecond": 20_000})
    assert raised.exceeded == []


def test_large_audiences_need_consumers_of_the_queue() -> None:
    """10 sessions of 500 and 20 messages a second: 4 of 5 shards go through the queue."""
    loud = Load(sessions=10, listeners=500, messages_per_second=20, minutes=60, arrival_seconds=600)
    raised = ACCOUNT | {"requestsPerSecond": 200_000}
    few = estimate(loud, raised=raised, options=BackendOptions(fan_out_concurrency=10))
    assert [usage.name for usage in few.exceeded] == ["fanOutConcurrency"]
    assert used(few, "fanOutConcurrency") == pytest.approx(200 * 4 * (0.03 + 100 * 0.0005))
    assert "set fanOutConcurrency higher" in str(few.exceeded[0])
    assert estimate(loud, raised=raised, options=BackendOptions(fan_out_concurrency=100)).exceeded == []
    with pytest.raises(ArgumentError, match="raisedQuotas has fanOutConcurrency"):
        estimate(loud, raised={"fanOutConcurrency": 100})


def test_coalesced_messages_by_hand() -> None:
    """Five messages a second to 500 listeners in five shards, of which two seconds' are one push."""
    loud = Load(
        sessions=1,
        listeners=500,
        messages_per_second=5,
        minutes=60,
        reconnects_per_hour=0,
        arrival_seconds=600,
    )
    at_once = estimate(loud, raised=ACCOUNT)
    settings = SessionSettings(coalescing_interval=2)
    together = estimate(loud, settings, raised=ACCOUNT)
    messages, batches = 5 * 3_600, 3_600 / 2
    pushes = 500 * (messages - batches)
    assert units(at_once, "webSocketMessages") - units(together, "webSocketMessages") == pytest.approx(pushes)
    assert units(together, "sqsRequests") == pytest.approx(batches * (3 + 1 + 2 * 5))
    assert units(together, "dataOut") == pytest.approx(units(at_once, "dataOut"))
    assert used(at_once, "requestsPerSecond") - used(together, "requestsPerSecond") == pytest.approx(
        500 * 4.5
    )
    assert used(together, "fanOutConcurrency") == pytest.approx((5 * (0.03 + 100 * 0.0005) + 0.03) / 2)


@pytest.mark.parametrize(
    ("listeners", "message_bytes", "pushes_a_message"),
    [
        (500, 500, 0.1),
        (500, 20_000, 1),
        (500, 3_000, 0.1),
        (500, 3_300, 1 / 9),
        (500, 100, 0.1),
        (100, 500, 1),
    ],
)
def test_a_push_carries_what_fits_a_frame_and_only_a_large_audience_waits(
    listeners: int, message_bytes: int, pushes_a_message: float
) -> None:
    loud = Load(
        sessions=1,
        listeners=listeners,
        messages_per_second=5,
        message_bytes=message_bytes,
        minutes=60,
        reconnects_per_hour=0,
    )
    silent = replace(loud, messages_per_second=0)
    settings = SessionSettings(coalescing_interval=2)
    requests = used(estimate(loud, settings), "requestsPerSecond")
    others = used(estimate(silent, settings), "requestsPerSecond")
    assert requests - others == pytest.approx(5 + 5 * listeners * pushes_a_message, abs=5)


CHANNEL = BackendOptions(audience_channel="appSyncEvents")


def test_an_audience_on_the_channel_by_hand() -> None:
    """A message a second to 500 listeners in two languages for an hour, each of one unit of 5 KB."""
    loud = Load(
        sessions=1,
        listeners=500,
        messages_per_second=1,
        languages=2,
        minutes=60,
        reconnects_per_hour=0,
        arrival_seconds=600,
    )
    pushed = estimate(loud, raised=ACCOUNT)
    made = estimate(loud, raised=ACCOUNT, options=CHANNEL)
    subscriptions = 500 * (1 + 3_600 / 86_400)
    assert units(made, "channelOperations") == pytest.approx(3_600 * (2 + 500) + 2 * subscriptions)
    assert units(made, "channelMinutes") == 500 * 60
    assert units(pushed, "channelOperations") == units(pushed, "channelMinutes") == 0
    assert units(pushed, "webSocketMessages") - units(made, "webSocketMessages") == pytest.approx(
        3_600 * 500 - 2 * subscriptions
    )
    assert units(made, "dynamoDbWrites") - units(pushed, "dynamoDbWrites") == pytest.approx(
        10 * subscriptions
    )
    assert units(made, "lambdaRequests") - units(pushed, "lambdaRequests") == pytest.approx(
        3 * subscriptions - 4 * 3_600
    ), "four shards of a hundred listeners are not queued"
    assert units(pushed, "sqsRequests") > 0
    assert units(made, "sqsRequests") == 0
    assert units(made, "dataOut") == pytest.approx(units(pushed, "dataOut"))
    assert used(made, "channelPublishesPerSecond") == 2
    assert used(made, "channelDeliveriesPerSecond") == 500
    assert used(made, "channelConnectionsPerSecond") == pytest.approx(501 / 600)
    assert used(pushed, "requestsPerSecond") - used(made, "requestsPerSecond") == pytest.approx(
        500 - 501 / 600
    )
    assert used(made, "partitionWritesPerSecond") == pytest.approx(
        max(used(pushed, "partitionWritesPerSecond"), 4 * 500 / 600)
    )
    assert "20 ms for each publish to the channel" in made.table()


@pytest.mark.parametrize(
    ("listeners", "audience", "follows"),
    [(100, 100, False), (101, 100, True), (1, 0, True), (200, 150, False)],
)
def test_only_an_audience_beyond_the_setting_is_on_the_channel(
    listeners: int, audience: int, follows: bool
) -> None:
    load = Load(sessions=1, listeners=listeners, messages_per_second=1, minutes=60)
    made = estimate(load, SessionSettings(channel_audience=audience), options=CHANNEL)
    assert (units(made, "channelOperations") > 0) is follows


@pytest.mark.parametrize(
    ("message_bytes", "metered"), [(5 * 1024, 1), (5 * 1024 + 1, 2), (500, 1), (20_000, 4)]
)
def test_the_channel_meters_5_kb(message_bytes: int, metered: int) -> None:
    load = Load(sessions=1, listeners=500, messages_per_second=1, message_bytes=message_bytes, minutes=60)
    assert used(estimate(load, options=CHANNEL), "channelDeliveriesPerSecond") == metered * 500


def test_coalesced_messages_are_one_event_on_the_channel() -> None:
    """Five messages of 500 bytes a second, of which two seconds' are 5,000 bytes."""
    load = Load(sessions=1, listeners=500, messages_per_second=5, minutes=60)
    settings = SessionSettings(coalescing_interval=2)
    made = estimate(load, settings, options=CHANNEL)
    assert used(made, "channelPublishesPerSecond") == 0.5
    assert used(made, "channelDeliveriesPerSecond") == 250
    more = units(made, "sqsRequests") - units(estimate(load, settings), "sqsRequests")
    assert more == pytest.approx(2 * 1_800)


def test_the_channel_carries_what_exceeds_the_rate_of_an_account() -> None:
    """30,000 listeners in sessions of 500, with a message a second."""
    broadcast = Load(sessions=60, listeners=500, messages_per_second=1, minutes=60, arrival_seconds=600)
    raised = {"lambdaConcurrency": 2_000}
    options = BackendOptions(fan_out_concurrency=100)
    exceeded = estimate(broadcast, raised=raised, options=options).exceeded
    assert "requestsPerSecond" in [usage.name for usage in exceeded]
    following = BackendOptions(fan_out_concurrency=100, audience_channel="appSyncEvents")
    assert estimate(broadcast, raised=raised, options=following).exceeded == []
    larger = Load(sessions=2_001, listeners=500, messages_per_second=1, minutes=60, arrival_seconds=86_400)
    exceeded = estimate(larger, raised=raised, options=following).exceeded
    assert "channelDeliveriesPerSecond" in [usage.name for usage in exceeded]


def test_everybody_at_once_passes_the_rate_of_new_connections() -> None:
    made = estimate(Load(sessions=100, listeners=300, messages_per_second=0, minutes=60, arrival_seconds=30))
    assert "newConnectionsPerSecond" in [usage.name for usage in made.exceeded]


def test_one_session_has_a_partition_of_its_own() -> None:
    """600 messages a second are 1,200 write units on one key, and nobody can raise that."""
    made = estimate(Load(sessions=1, listeners=1, messages_per_second=600, minutes=60), raised=ACCOUNT)
    assert [usage.name for usage in made.exceeded] == ["partitionWritesPerSecond"]
    assert "cannot be raised" in str(made.exceeded[0])
    with pytest.raises(ArgumentError, match="raisedQuotas has partitionWritesPerSecond"):
        estimate(SMALL, raised={"partitionWritesPerSecond": 2_000})


def test_a_large_audience_goes_through_the_queue_and_a_small_one_does_not() -> None:
    assert units(estimate(SMALL, SessionSettings(max_listeners=100)), "sqsRequests") == 0
    assert units(estimate(replace(SMALL, listeners=500)), "sqsRequests") > 0


def test_the_table_has_every_line() -> None:
    text = estimate(Load(sessions=40, listeners=300, messages_per_second=1, minutes=60)).table()
    lines = text.splitlines()
    for name in (*QUOTAS, *PRICES, "total"):
        assert sum(line.startswith(name) for line in lines) == 1
    assert next(line for line in lines if line.startswith("requestsPerSecond")).endswith("!")


@given(loads)
def test_more_listeners_never_cost_less(load: Load) -> None:
    fewer, more = estimate(load), estimate(replace(load, listeners=load.listeners + 1))
    assert more.total >= fewer.total
    assert used(more, "requestsPerSecond") >= used(fewer, "requestsPerSecond")


def test_load_comes_from_the_config() -> None:
    given = {"sessions": 2, "listeners": 3, "messagesPerSecond": 0.5, "minutes": 60}
    assert Load.from_config(given) == Load(sessions=2, listeners=3, messages_per_second=0.5, minutes=60)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "missing"),
        ({"sessions": 1, "listeners": 1, "messagesPerSecond": 1, "minutes": 1, "size": 1}, "load has size"),
        ({"sessions": 0, "listeners": 1, "messagesPerSecond": 1, "minutes": 1}, r"load\.sessions is 0"),
        (
            {"sessions": 1, "listeners": 1, "messagesPerSecond": 1, "minutes": 1, "messageBytes": 32_769},
            r"load\.messageBytes is 32769",
        ),
    ],
)
def test_a_load_that_is_none_names_the_argument(given: dict[str, float], problem: str) -> None:
    with pytest.raises(ArgumentError, match=problem):
        Load.from_config(given)


def test_silent_clients_cause_what_the_client_libraries_send() -> None:
    """The estimate's waits are those of both client libraries."""
    timings = Timings()
    assert timings.heartbeat_seconds == HEARTBEAT_SECONDS
    assert (timings.silence_seconds, timings.silence_cap_seconds) == (SILENCE_SECONDS, MAX_SILENCE_SECONDS)
    text = (ROOT / "web" / "client" / "src" / "timings.ts").read_text(encoding="utf-8")
    assert milliseconds(text, "heartbeatIntervalMs") == HEARTBEAT_SECONDS * 1000
    assert milliseconds(text, "gapProbe: { baseMs") == SILENCE_SECONDS * 1000
    assert milliseconds(text, "gapProbe: { baseMs: [^,]+, capMs") == MAX_SILENCE_SECONDS * 1000


def milliseconds(source: str, name: str) -> int:
    """Return a wait of the web client: a number such as 540_000, or a product such as 9 * MINUTE_MS."""
    found = re.search(rf"{name}: (\d[\w *]*)", source)
    assert found is not None, name
    units = {"SECOND_MS": 1_000, "MINUTE_MS": 60_000}
    return prod(units.get(factor) or int(factor) for factor in found[1].strip().split(" * "))


def test_the_keep_alive_spares_clients_their_heartbeats() -> None:
    """A client is silent for at most a ping's interval, two runs and a run's duration."""
    longest = SessionSettings().idle_ping + 2 * RUN_INTERVAL_SECONDS + RUN_SECONDS
    assert longest <= HEARTBEAT_SECONDS < IDLE_LIMIT
    assert heartbeats(3_600, SessionSettings().idle_ping) == 0
    assert heartbeats(3_600, HEARTBEAT_SECONDS * 2) == pytest.approx(3_600 / HEARTBEAT_SECONDS)


@pytest.mark.parametrize(
    ("seconds", "checks"), [(74, 0), (75, 1), (225, 2), (525, 3), (525 + 375, 4), (525 + 3_750, 13)]
)
def test_a_listener_checks_less_and_less_often_in_a_silence(seconds: float, checks: int) -> None:
    assert silence_checks(seconds) == checks


def test_silent_listeners_are_paid_for() -> None:
    """100 sessions of 500 listeners, a month without a message."""
    silent = Load(sessions=100, listeners=500, messages_per_second=0, minutes=44_640)
    lines = {cost.name: cost.units for cost in estimate(silent).costs}
    pings = 50_100 * 44_640 * 60 / 360
    assert lines["webSocketMessages"] > pings
    assert lines["dynamoDbWrites"] > 3 * pings
    assert lines["detailedMetrics"] == 0


def test_what_an_operator_switches_on_is_paid_for() -> None:
    plain, logged = estimate(SMALL), estimate(SMALL, options=BackendOptions(access_logs=True))
    assert units(logged, "logs") > units(plain, "logs")
    assert units(estimate(SMALL, options=BackendOptions(detailed_metrics=True)), "detailedMetrics") == 6 * 13


def test_snapshots_by_hand() -> None:
    """10 sessions of an hour, of which each instance lives two; 20 functions with 8.25 GB in all."""
    options = BackendOptions(snap_start=True)
    load = replace(SMALL, function_versions=3, deployments=2)
    functions = functions_in_use(record_heartbeats=False)
    memory_gb = sum(FUNCTION_SPECS[name].memory_size for name in functions) / 1024
    made = estimate(load, options=options)
    assert units(made, "lambdaSnapshots") == memory_gb * (3 * 31 * 86_400 + 2 * 3 * 3_600)
    concurrency = ceil(used(made, "lambdaConcurrency"))
    assert units(made, "lambdaRestores") == (concurrency + memory_gb) * (10 + 10 / 2 + 2)
    assert "120 minutes for an instance" in made.assumed
    recording = estimate(load, SessionSettings(record_heartbeats=True), options=options)
    assert units(recording, "lambdaSnapshots") > units(made, "lambdaSnapshots")


def test_without_snapshots_nothing_is_paid_for_them() -> None:
    plain, with_snapshots = estimate(SMALL), estimate(SMALL, options=BackendOptions(snap_start=True))
    names = ("lambdaSnapshots", "lambdaRestores")
    assert [units(plain, name) for name in names] == [0, 0]
    more = sum(cost.usd for cost in with_snapshots.costs if cost.name in names)
    assert more > 0
    assert with_snapshots.total == pytest.approx(plain.total + more)
    assert estimate(replace(SMALL, function_versions=9, deployments=9)).total == plain.total


def test_lost_connections_are_replaced_and_missed_messages_replayed() -> None:
    """Each client is away for 120 seconds of an hour. Each message still reaches each listener once."""
    calm, shaky = estimate(SMALL), estimate(replace(SMALL, reconnects_per_hour=6, outage_seconds=20))
    replaced = 100 * 10 * 6
    absences = 10 * 6
    present = 1 - 120 / 3_600
    informed = min(2 * 99 * 10 * 6, 36_000 * 5) + 2 * 99 * present * absences
    pings_saved = 100 * 36_000 / 360 * (1 - present)
    assert units(shaky, "webSocketMessages") - units(calm, "webSocketMessages") == pytest.approx(
        2 * replaced + informed - pings_saved
    )
    assert units(shaky, "dataOut") == pytest.approx(units(calm, "dataOut"))
    assert units(shaky, "connectionMinutes") == pytest.approx(units(calm, "connectionMinutes") * present)
    assert units(shaky, "dynamoDbReads") > units(calm, "dynamoDbReads")


def test_handovers_miss_no_message() -> None:
    """The new connection joins before the old one closes."""
    long = replace(SMALL, session_minutes=600, outage_seconds=60)
    assert units(estimate(long), "webSocketMessages") == units(
        estimate(replace(long, outage_seconds=0)), "webSocketMessages"
    )


def test_a_client_is_away_for_at_most_all_of_its_time() -> None:
    replace(SMALL, reconnects_per_hour=60, outage_seconds=60)
    with pytest.raises(
        ArgumentError, match=r"load\.reconnectsPerHour is 61 and load\.outageSeconds is 60: .* at most 3600"
    ):
        replace(SMALL, reconnects_per_hour=61, outage_seconds=60)


def test_durations_are_assumptions_that_the_load_declares() -> None:
    """No local count shows them: the estimate names them, and an account's own can be declared."""
    made = estimate(SMALL)
    assert "Durations are assumed: 30 ms for an invocation and 0.5 ms for each push, at 1 GB" in made.table()
    measured = estimate(replace(SMALL, invocation_seconds=0.06, push_seconds=0.001))
    assert "60 ms for an invocation and 1 ms for each push" in measured.table()
    for name in ("lambdaDuration", "lambdaRequests"):
        factor = 2 if name == "lambdaDuration" else 1
        assert units(measured, name) == pytest.approx(factor * units(made, name))
    assert used(measured, "lambdaConcurrency") == pytest.approx(2 * used(made, "lambdaConcurrency"))


def test_a_new_account_runs_ten_functions_at_once() -> None:
    """500 listeners join within four seconds."""
    busy = Load(sessions=1, listeners=500, messages_per_second=0, minutes=60, arrival_seconds=4)
    assert "lambdaConcurrency" in [usage.name for usage in estimate(busy).exceeded]
    assert "lambdaConcurrency" not in [usage.name for usage in estimate(busy, raised=ACCOUNT).exceeded]


def test_prices_and_quotas_are_dated_and_have_their_source() -> None:
    assert date.fromisoformat(REVISED)
    assert all(price.seen and price.source.startswith("https://aws.amazon.com/") for price in PRICES.values())
    assert all(quota.source.startswith("https://docs.aws.amazon.com/") for quota in QUOTAS.values())


def test_the_rate_of_each_api_limits_what_clients_send() -> None:
    """10,000 listeners arrive within ten seconds, and 300 requests a second reach the HTTP API."""
    busy = Load(
        sessions=100,
        listeners=100,
        messages_per_second=0,
        minutes=60,
        arrival_seconds=25,
        http_requests_per_second=300,
    )
    options = BackendOptions(throttle_rate=500, http_throttle_rate=200)
    slow = estimate(busy, raised=ACCOUNT, options=options)
    assert used(slow, "throttleRate") >= 2 * 10_100 / 25
    assert used(slow, "httpThrottleRate") == 300
    assert [usage.name for usage in slow.exceeded] == ["throttleRate", "httpThrottleRate"]
    assert estimate(busy, raised=ACCOUNT).exceeded == []
    assert units(slow, "httpRequests") == 300 * 3_600
    without = estimate(replace(busy, http_requests_per_second=0), raised=ACCOUNT)
    assert used(slow, "requestsPerSecond") - used(without, "requestsPerSecond") == pytest.approx(300)
    assert used(slow, "lambdaConcurrency") - used(without, "lambdaConcurrency") == pytest.approx(300 * 0.03)


def test_silent_clients_use_quotas_too() -> None:
    """50,100 silent connections: pings, checks for missed messages, and recorded heartbeats."""
    silent = Load(sessions=100, listeners=500, messages_per_second=0, minutes=600, arrival_seconds=86_400)
    arrivals, sessions = 50_100 / 86_400, 100
    pings = 50_100 / 360
    lost = used(estimate(silent), "newConnectionsPerSecond") - arrivals
    checks = used(estimate(silent), "throttleRate") - 2 * (arrivals + lost)
    assert 50_000 / (300 * 1.25) <= checks <= 50_000 / 60
    assert used(estimate(silent), "requestsPerSecond") == pytest.approx(
        2 * (arrivals + lost) + checks + pings + sessions
    )
    assert used(estimate(silent), "lambdaConcurrency") >= checks * 0.03


def test_replays_use_quotas_too() -> None:
    """Each of 100 connections is lost six times an hour, and each of 99 listeners misses 20 messages."""
    calm, shaky = SMALL, replace(SMALL, reconnects_per_hour=6, outage_seconds=20)
    lost = 100 * 6 / 3_600
    more = used(estimate(shaky), "requestsPerSecond") - used(estimate(calm), "requestsPerSecond")
    assert more == pytest.approx(lost * 2 + lost * 99 / 100 * 20)
    assert used(estimate(shaky), "newConnectionsPerSecond") == pytest.approx(100 / 60 + lost)


def test_the_account_has_the_quotas_that_were_read_and_the_stack_may_declare_others() -> None:
    busy = Load(sessions=1, listeners=500, messages_per_second=0, minutes=60, arrival_seconds=4)

    def concurrency(made: Estimate) -> tuple[float, str]:
        return next((one.limit, one.origin) for one in made.usages if one.name == "lambdaConcurrency")

    assert concurrency(estimate(busy)) == (10, "the default")
    assert concurrency(estimate(busy, account={"lambdaConcurrency": 50})) == (50, "read from the account")
    declared = estimate(busy, account={"lambdaConcurrency": 50}, raised=ACCOUNT)
    assert concurrency(declared) == (1_000, "raisedQuotas")
    assert "1,000  functions at once" in declared.table()
    assert "(raisedQuotas)" in declared.table()


def test_reserved_concurrency_is_not_there_for_the_backend() -> None:
    busy = Load(
        sessions=1,
        listeners=500,
        messages_per_second=0,
        minutes=60,
        arrival_seconds=4,
        reserved_concurrency=995,
    )
    assert [usage.name for usage in estimate(busy, raised=ACCOUNT).exceeded] == ["lambdaConcurrency"]
    assert estimate(replace(busy, reserved_concurrency=0), raised=ACCOUNT).exceeded == []


def test_publishing_fits_the_concurrency_that_is_reserved_for_it() -> None:
    """400 messages a second to 100 listeners each take 80 ms."""
    busy = Load(sessions=400, listeners=100, messages_per_second=1, minutes=60, arrival_seconds=3_600)
    raised = ACCOUNT | {"requestsPerSecond": 100_000}

    def exceeded(reserved: int) -> list[str]:
        options = BackendOptions(account_concurrency=1_000, reserved_concurrency={"publish": reserved})
        return [usage.name for usage in estimate(busy, raised=raised, options=options).exceeded]

    assert exceeded(31) == ["reservedConcurrency.publish"]
    assert exceeded(33) == []
