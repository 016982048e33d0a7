"""A run that does not finish goes on in further invocations, and not for ever."""

import json

import pytest

from keep_alive.run import MAX_CONTINUATION_DEPTH, ShardScan, all_scans, continuation_events, scans_of

NOW = 1_800_000_000


@pytest.mark.parametrize("event", [{}, {"continue": []}, {"time": "2026-01-01T00:00:00Z"}], ids=str)
def test_any_event_of_the_schedule_starts_a_whole_run(event: dict[str, object]) -> None:
    """What EventBridge Scheduler sends does not matter."""
    assert scans_of(event, NOW) == (all_scans(NOW), 0)


def test_the_rest_continues_in_two_halves_without_loss() -> None:
    """The events survive JSON, and together hold all that was left."""
    left = (ShardScan("sessions", 3, NOW), *(ShardScan("connections", shard) for shard in range(6)))
    events = [json.loads(json.dumps(event)) for event in continuation_events(left, 0)]

    assert [scans_of(event, NOW)[1] for event in events] == [1, 1]
    assert tuple(unit for event in events for unit in scans_of(event, NOW)[0]) == left
    assert [len(event["continue"]) for event in events] == [4, 3]


def test_one_scan_continues_alone_and_no_scan_means_no_invocation() -> None:
    """An invocation more than there is work would only cost."""
    assert len(continuation_events([ShardScan("sessions", 3)], 0)) == 1
    assert continuation_events([], 0) == []


def test_a_chain_of_invocations_ends() -> None:
    """The next minute's run takes over, long before Lambda would stop the chain as a loop."""
    invocations = 0
    waiting: list[dict[str, object]] = [{}]
    while waiting:
        work, depth = scans_of(waiting.pop(), NOW)
        invocations += 1
        waiting += continuation_events(work, depth)

    assert continuation_events(all_scans(NOW), MAX_CONTINUATION_DEPTH) == []
    assert invocations == 2 ** (MAX_CONTINUATION_DEPTH + 1) - 1
