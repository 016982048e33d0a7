"""A burst of joins meets no item that all of them write (docs/adr/0016)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from benchmarks.join_burst import counters, slots, unavailable
from domain.errors import SessionError
from pulumi_local_aws.ministack import MiniStack
from tests.support.injected_faults import injected_faults
from tests.support.invariants import check_session
from tests.support.session_driver import UNLIMITED, UseCaseDriver


@pytest.mark.parametrize("joins", [500, 600])
def test_at_most_one_join_in_a_thousand_of_500_in_a_second_is_unavailable(joins: int) -> None:
    bursts = [slots(capacity=500, joins=joins, hold=0.025, seed=seed) for seed in range(10)]
    assert unavailable(bursts) <= 0.001
    for outcomes in bursts:
        assert outcomes.count("written") == 500
        assert outcomes.count("SESSION_FULL") == joins - 500


def test_a_shared_counter_would_refuse_many_joins() -> None:
    bursts = [counters(shards=5, capacity=500, joins=500, hold=0.025, seed=seed) for seed in range(10)]
    assert unavailable(bursts) > 0.1


@pytest.mark.emulator
def test_a_burst_that_fills_a_session_is_written_although_transactions_conflict(tables: MiniStack) -> None:
    """Each transaction holds its items for eight times 25 ms, because the emulator is that much slower."""
    capacity = 150
    driver = UseCaseDriver.on_dynamodb(replace(UNLIMITED, max_listeners=capacity, listeners_per_shard=50))
    _, session_id = driver.speaking()

    def join(connection_id: str) -> str:
        try:
            return driver.join(connection_id, session_id)["type"]
        except SessionError as error:
            return error.code

    listeners = [driver.connect() for _ in range(capacity)]
    with (
        injected_faults(tables.endpoint_url, hold_seconds=0.2) as faults,
        ThreadPoolExecutor(25) as clients,
    ):
        outcomes = Counter(clients.map(join, listeners))
        conflicts = faults.counts().get("conflict", 0)
    assert outcomes == {"sessionJoined": capacity}
    assert conflicts > 0
    assert driver.listener_count(session_id) == capacity
    check_session(driver, session_id)
