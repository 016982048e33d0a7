"""Compare the estimate with units that are counted while the functions' use cases run on real tables."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from domain.settings import Settings
from tests.support.counted_session import Counted, counted_session
from websocket_sessions.capacity.estimate import estimate
from websocket_sessions.capacity.load import Load
from websocket_sessions.capacity.operations import LOG_BYTES
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import SessionSettings

pytestmark = pytest.mark.emulator

ALLOWED_ERROR = 0.1


@pytest.fixture
def counted(tables: object) -> Iterator[Counted]:
    """A counted session on the stack's default settings, on empty tables."""
    with counted_session(Settings()) as session:
        yield session


@pytest.fixture
def counted_on_shards(tables: object) -> Iterator[Counted]:
    """A counted session of which the publish serves one shard of ten listeners, and the queue the others."""
    with counted_session(Settings(max_listeners=30, listeners_per_shard=10, direct_fan_out=10)) as session:
        yield session


@pytest.fixture
def counted_batches(tables: object) -> Iterator[Counted]:
    """A counted session of three shards whose messages are sent once a second."""
    settings = Settings(
        max_listeners=30, listeners_per_shard=10, coalescing_interval=1, coalescing_audience=10
    )
    with counted_session(settings) as session:
        yield session


@pytest.fixture
def counted_on_channel(tables: object) -> Iterator[Counted]:
    """A counted session of three shards whose listeners follow the audience's channel."""
    settings = Settings(max_listeners=30, listeners_per_shard=10, direct_fan_out=10, channel_audience=0)
    with counted_session(settings, has_channel=True) as session:
        yield session


@pytest.fixture
def counted_batches_on_channel(tables: object) -> Iterator[Counted]:
    """A counted session on the channel whose messages are sent once a second."""
    settings = Settings(
        max_listeners=30,
        listeners_per_shard=10,
        coalescing_interval=1,
        coalescing_audience=10,
        channel_audience=0,
    )
    with counted_session(settings, has_channel=True) as session:
        yield session


def load_of(counted: Counted, *, minutes: float, reconnects_per_hour: float = 0, **load: Any) -> Load:
    """Return the load of a scenario: one session for all of its time, and the largest of its messages."""
    sizes = {"message_bytes": max(counted.message_sizes)} if counted.message_sizes else {}
    return Load(
        sessions=1,
        minutes=minutes,
        session_minutes=minutes,
        reconnects_per_hour=reconnects_per_hour,
        **sizes,
        **load,
    )


def compare(counted: Counted, load: Load) -> None:
    """Assert that each line of the estimate is within ten per cent of what was counted."""
    settings = SessionSettings(
        max_listeners=counted.settings.max_listeners,
        listeners_per_shard=counted.settings.listeners_per_shard,
        direct_fan_out=counted.settings.direct_fan_out,
        coalescing_interval=counted.settings.coalescing_interval,
        coalescing_audience=counted.settings.coalescing_audience,
        channel_audience=counted.settings.channel_audience,
    )
    options = BackendOptions(audience_channel="appSyncEvents" if counted.channel else "apiGateway")
    expected = {cost.name: cost.units for cost in estimate(load, settings, options=options).costs}
    found = {
        "webSocketMessages": counted.messages,
        "channelOperations": counted.channel_operations,
        "lambdaRequests": counted.invocations,
        "logs": counted.invocations * LOG_BYTES / 1e9,
        "sqsRequests": counted.queue.requests,
        "dynamoDbWrites": counted.units.writes,
        "dynamoDbReads": counted.units.reads,
        "dataOut": sum(counted.message_sizes) / 1e9,
    }
    assert {name: expected[name] for name in found} == pytest.approx(found, rel=ALLOWED_ERROR)


def test_a_silent_session_costs_what_the_estimate_says(counted: Counted) -> None:
    """Five listeners wait for an hour: pings, checks for missed messages and heartbeats."""
    counted.start(5)
    for _ in range(60):
        counted.pass_minute()
    counted.stop()
    silent = load_of(counted, listeners=5, messages_per_second=0, minutes=60)
    compare(counted, silent)


def test_a_talk_costs_what_the_estimate_says(counted: Counted) -> None:
    """A message a second for two minutes."""
    counted.start(10)
    for _ in range(2):
        for _ in range(60):
            counted.publish("x" * 400)
        counted.pass_minute()
    counted.stop()
    talk = load_of(counted, listeners=10, messages_per_second=1, minutes=2)
    compare(counted, talk)


def test_an_audience_beyond_the_publish_costs_what_the_estimate_says(counted_on_shards: Counted) -> None:
    """A message a second for two minutes, of which the queue serves two of three shards."""
    counted = counted_on_shards
    counted.start(30)
    for _ in range(120):
        counted.publish("x" * 400)
    counted.stop()
    assert counted.queue.requests > 0
    talk = load_of(counted, listeners=30, messages_per_second=1, minutes=2)
    compare(counted, talk)


def test_coalesced_messages_cost_what_the_estimate_says(counted_batches: Counted) -> None:
    """Four messages a second for a minute, of which each second's are one push."""
    counted = counted_batches
    counted.start(30)
    before = counted.messages
    for _ in range(60):
        for _ in range(4):
            counted.append("x" * 400)
        counted.pass_interval()
    assert counted.messages - before == 60 * (4 * 2 + 30)
    assert len(counted.message_sizes) == 60 * 4 * 30
    counted.stop()
    talk = load_of(counted, listeners=30, messages_per_second=4, minutes=1)
    compare(counted, talk)
    with pytest.raises(AssertionError):
        compare(counted, replace(talk, messages_per_second=1))


def test_full_batches_cost_what_the_estimate_says(counted_batches: Counted) -> None:
    """Four chunks of 15 KB a second for a minute, of which two fit one push."""
    counted = counted_batches
    counted.start(30)
    for _ in range(60):
        for _ in range(4):
            counted.append("x" * 15_000)
            counted.serve_queue()
        counted.driver.now += 1
        counted.queue.tasks += counted.queue.delayed[:2]
        del counted.queue.delayed[:2]
    counted.pass_interval()
    counted.stop()
    audio = load_of(counted, listeners=30, messages_per_second=4, minutes=1)
    compare(counted, audio)


def test_an_audience_on_the_channel_costs_what_the_estimate_says(counted_on_channel: Counted) -> None:
    """A message a second for two minutes to thirty listeners, of which none is pushed to."""
    counted = counted_on_channel
    counted.start(30)
    before = counted.messages
    for _ in range(120):
        counted.publish("x" * 400)
    assert counted.messages - before == 120 * 2
    assert len(counted.message_sizes) == 120 * 30
    counted.stop()
    talk = load_of(counted, listeners=30, messages_per_second=1, minutes=2)
    compare(counted, talk)


def test_batches_on_the_channel_cost_what_the_estimate_says(counted_batches_on_channel: Counted) -> None:
    """Four messages a second for a minute, of which each second's are one event."""
    counted = counted_batches_on_channel
    counted.start(30)
    for _ in range(60):
        for _ in range(4):
            counted.append("x" * 400)
        counted.pass_interval()
    counted.stop()
    talk = load_of(counted, listeners=30, messages_per_second=4, minutes=1)
    compare(counted, talk)


def test_audio_costs_what_the_estimate_says(counted: Counted) -> None:
    """Two chunks of 4 KB a second, for two minutes."""
    counted.start(5)
    for _ in range(240):
        counted.publish("x" * 4_000)
    counted.stop()
    audio = load_of(counted, listeners=5, messages_per_second=2, minutes=2)
    compare(counted, audio)


def test_joins_and_disconnects_cost_what_the_estimate_says(counted: Counted) -> None:
    """All clients reconnect ten times in half an hour in which nothing is missed."""
    counted.start(10)
    for minute in range(30):
        counted.publish("x")
        if minute % 3 == 2:
            counted.reconnect()
        counted.pass_minute()
    counted.stop()
    moving = load_of(
        counted,
        listeners=10,
        messages_per_second=1 / 60,
        minutes=30,
        reconnects_per_hour=20,
        outage_seconds=0,
    )
    compare(counted, moving)


def test_missed_messages_cost_what_the_estimate_says(counted: Counted) -> None:
    """A message every two seconds for five minutes; each client is once away, a listener for ten seconds."""
    counted.start(10)
    for number in range(10):
        lost = counted.lose(0)
        before = len(counted.message_sizes)
        for _ in range(5):
            counted.publish("x" * 400)
        assert len(counted.message_sizes) == before + 5 * 9
        counted.recover(lost)
        assert len(counted.message_sizes) == before + 5 * 10
        for _ in range(10):
            counted.publish("x" * 400)
        if number % 2:
            counted.pass_minute()
    counted.reconnect_speaker()
    counted.stop()
    away = load_of(
        counted, listeners=10, messages_per_second=0.5, minutes=5, reconnects_per_hour=12, outage_seconds=10
    )
    compare(counted, away)
    with pytest.raises(AssertionError):
        compare(counted, replace(away, reconnects_per_hour=0))


def test_absent_listeners_cost_what_the_estimate_says(counted: Counted) -> None:
    """A message every two seconds for five minutes; each listener is away for one of them."""
    counted.start(10)
    for _ in range(5):
        lost = [counted.lose(0) for _ in range(2)]
        before = len(counted.message_sizes)
        for _ in range(30):
            counted.publish("x" * 400)
        assert len(counted.message_sizes) == before + 30 * 8
        for listener in lost:
            counted.recover(listener)
        assert len(counted.message_sizes) == before + 30 * 10
        counted.pass_minute()
    counted.reconnect_speaker()
    counted.stop()
    away = load_of(
        counted, listeners=10, messages_per_second=0.5, minutes=5, reconnects_per_hour=12, outage_seconds=60
    )
    assert away.away == pytest.approx(1 / 5)
    compare(counted, away)
