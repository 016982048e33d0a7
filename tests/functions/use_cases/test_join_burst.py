"""A burst of joins meets no item that all of them write (docs/adr/0016)."""

import pytest

from benchmarks.join_burst import counters, slots, unavailable


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
