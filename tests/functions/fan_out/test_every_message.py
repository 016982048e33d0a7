"""Thousands of messages to listeners that come and go: each arrives once, in order, or is reset as lost."""

from dataclasses import replace

import pytest

from domain.settings import Settings
from tests.support.network import Chances
from tests.support.reliability import Figures, sized
from tests.support.simulation import SETTINGS, ChannelListener, Simulation

MESSAGES = sized(10_000, 30_000)
LISTENERS = 20
COALESCING = replace(SETTINGS, coalescing_interval=3, coalescing_audience=0)
CHANNEL = replace(SETTINGS, channel_audience=0)


def account_for(figures: Figures, simulation: Simulation, messages: int, *, end: bool = False) -> None:
    for number in range(messages):
        simulation.turn(number)
    if end:
        simulation.end()
    simulation.finish()
    assert sorted(simulation.published) == list(range(1, messages + 1))
    for listener in simulation.listeners:
        figures.tried(len(listener.received.delivered))
        listener.received.check(simulation.published)
    figures.failures(lost=0, doubled=0, stuck=0)


def test_every_message_is_accounted_for_whatever_goes_wrong(figures: Figures) -> None:
    simulation = Simulation(seed=6, listeners=LISTENERS)
    account_for(figures, simulation, MESSAGES)
    everything = [listener.received for listener in simulation.listeners]
    assert sum(len(received.delivered) for received in everything) > LISTENERS * MESSAGES * 0.9
    assert sum(received.duplicates for received in everything) > 0


@pytest.mark.parametrize("seed", range(10))
def test_short_runs_of_many_kinds(figures: Figures, seed: int) -> None:
    account_for(figures, Simulation(seed, listeners=5), 300)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("end", [False, True])
def test_coalesced_messages_are_accounted_for_whatever_goes_wrong(
    figures: Figures, seed: int, end: bool
) -> None:
    simulation = Simulation(seed, listeners=10, settings=COALESCING)
    account_for(figures, simulation, 200, end=end)
    assert any(listener.received.batches for listener in simulation.listeners)


def test_without_faults_coalesced_messages_arrive_once(figures: Figures) -> None:
    """In no more batches than the messages of as many intervals."""
    chances = Chances(**dict.fromkeys(Chances.__dataclass_fields__, 0.0))
    simulation = Simulation(seed=0, listeners=LISTENERS, chances=chances, settings=COALESCING)
    account_for(figures, simulation, 300)
    for listener in simulation.listeners:
        assert (listener.received.duplicates, listener.received.missed) == (0, [])
        assert 0 < listener.received.batches <= 300 / COALESCING.coalescing_interval


@pytest.mark.parametrize("seed", range(10))
def test_the_last_messages_are_recovered_after_the_end(figures: Figures, seed: int) -> None:
    """Every client learns of the end, also after an absence or a loss."""
    simulation = Simulation(seed, listeners=20)
    account_for(figures, simulation, 60, end=True)
    assert all(listener.is_done for listener in simulation.listeners)


def test_only_an_absence_beyond_the_retention_is_reset(figures: Figures) -> None:
    """The simulation checks each reset: the position was beyond what is kept."""
    simulation = Simulation(seed=1, listeners=5, chances=Chances(stays_away=0.998, listener_goes=0.02))
    account_for(figures, simulation, 2_000)
    assert any(listener.received.missed for listener in simulation.listeners)


def test_without_faults_nothing_is_requested_twice(figures: Figures) -> None:
    chances = Chances(**dict.fromkeys(Chances.__dataclass_fields__, 0.0))
    simulation = Simulation(seed=0, listeners=LISTENERS, chances=chances)
    account_for(figures, simulation, 200)
    for listener in simulation.listeners:
        assert listener.received.duplicates == 0
        assert listener.received.missed == []


def test_the_count_is_right_in_the_end(figures: Figures) -> None:
    """Once a push has found those whose `$disconnect` was lost."""
    simulation = Simulation(seed=3, listeners=LISTENERS)
    account_for(figures, simulation, 500)
    for number in range(500, 520):
        simulation.turn(number)
    simulation.finish()
    assert simulation.driver.listener_count(simulation.session_id) == LISTENERS
    assert len(simulation.driver.listener_ids(simulation.session_id)) == LISTENERS


@pytest.mark.parametrize(
    "settings", [CHANNEL, replace(COALESCING, channel_audience=0)], ids=["alone", "batches"]
)
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("end", [False, True])
def test_messages_on_the_channel_are_accounted_for_whatever_goes_wrong(
    figures: Figures, settings: Settings, seed: int, end: bool
) -> None:
    """Listeners change between the channel and their connections, and between languages."""
    simulation = Simulation(seed, listeners=10, settings=settings, has_channel=True)
    account_for(figures, simulation, 200, end=end)
    listeners = [one for one in simulation.listeners if isinstance(one, ChannelListener)]
    assert all(one.received_on_channel for one in listeners)


def test_changes_to_the_channel_and_from_it_need_no_further_request(figures: Figures) -> None:
    """Without faults, nothing is missing after a change of channel, language or connection."""
    faultless = dict.fromkeys(Chances.__dataclass_fields__, 0.0)
    changes = {"channel_lost": 0.1, "changes_language": 0.1, "listener_goes": 0.05}
    simulation = Simulation(
        seed=0,
        listeners=LISTENERS,
        chances=Chances(**faultless | changes),
        settings=CHANNEL,
        has_channel=True,
    )
    account_for(figures, simulation, 300)
    for listener in simulation.listeners:
        assert (listener.probes, listener.received.missed) == (0, [])


def test_a_large_audience_on_the_channel_is_one_request_for_each_message(figures: Figures) -> None:
    faultless = Chances(**dict.fromkeys(Chances.__dataclass_fields__, 0.0))
    simulation = Simulation(
        seed=0, listeners=LISTENERS, chances=faultless, settings=CHANNEL, has_channel=True
    )
    account_for(figures, simulation, 200)
    assert simulation.channel.requests == 200
    for listener in simulation.listeners:
        assert (listener.received.duplicates, listener.received.missed) == (0, [])
