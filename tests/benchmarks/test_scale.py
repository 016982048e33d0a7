"""The simulated fan-out, in cases whose results follow from the capacities."""

import pytest

from benchmarks.scale import Site, legs, load_of, simulate
from websocket_sessions.capacity.load import Load

SITE = Site(requests_per_second=1_000, functions=100, consumers=10, overhead_seconds=0.1, push_seconds=0.001)


def load(sessions: int, listeners: int) -> Load:
    return Load(sessions=sessions, listeners=listeners, messages_per_second=1, minutes=60)


def test_without_contention_a_message_is_as_old_as_its_invocation_takes() -> None:
    outcome = simulate(load(1, 100), SITE)
    assert outcome.median == pytest.approx(0.1 + 100 * 0.001)
    assert outcome.p99 == pytest.approx(outcome.median)


def test_shards_beyond_direct_fan_out_wait_for_one_invocation_of_the_consumer() -> None:
    outcome = simulate(load(1, 300), SITE)
    assert len(outcome.ages) == 3 * len(simulate(load(1, 100), SITE).ages)
    assert max(outcome.ages) == pytest.approx(0.1 + 100 * 0.001 + 200 * 0.001)


@pytest.mark.parametrize(
    ("site", "sessions"),
    [
        (SITE, 20),
        (Site(requests_per_second=1e9, functions=1, consumers=10, overhead_seconds=0.5, push_seconds=0), 3),
    ],
    ids=["requests of the account", "concurrent functions"],
)
def test_ages_grow_while_the_load_exceeds_a_capacity(site: Site, sessions: int) -> None:
    assert simulate(load(sessions, 100), site).is_growing


@pytest.mark.parametrize(
    ("listeners", "growing"), [(10_000, []), (30_000, ["API Gateway", "coalesced, 2 s"])]
)
def test_appsync_events_carries_what_exceeds_the_requests_of_an_account(
    listeners: int, growing: list[str]
) -> None:
    legs_of_load = legs(load_of(listeners))
    assert [leg.name for leg in legs_of_load if simulate(leg.load, leg.site).is_growing] == growing
    assert legs_of_load[2].per_second == listeners


def test_ages_do_not_grow_below_the_capacity() -> None:
    assert not simulate(load(8, 100), SITE).is_growing
