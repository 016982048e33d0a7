"""A run that does not finish goes on in further invocations, and not for ever."""

import json

import pytest

from domain.settings import Settings
from keep_alive.heartbeat import Heartbeat
from keep_alive.run import MAX_CONTINUATION_DEPTH, ShardScan, all_scans, continuation_events, scans_of
from keep_alive.schedule import refresh_at
from wire.replies import heartbeat_ack

NOW = 1_800_000_000


@pytest.mark.parametrize("event", [{}, {"continue": []}, {"time": "2026-01-01T00:00:00Z"}], ids=str)
def test_any_event_of_the_schedule_asks_for_everything(event: dict[str, object]) -> None:
    """What EventBridge Scheduler sends does not matter."""
    assert scans_of(event, NOW) == (all_scans(NOW), 0)


def test_what_is_left_goes_on_in_two_halves_with_nothing_lost() -> None:
    """The events survive JSON, and together hold all that was left."""
    left = (ShardScan("sessions", 3, NOW), *(ShardScan("connections", shard) for shard in range(6)))
    events = [json.loads(json.dumps(event)) for event in continuation_events(left, 0)]

    assert [scans_of(event, NOW)[1] for event in events] == [1, 1]
    assert tuple(unit for event in events for unit in scans_of(event, NOW)[0]) == left
    assert [len(event["continue"]) for event in events] == [4, 3]


def test_one_unit_goes_on_alone_and_none_not_at_all() -> None:
    """An invocation more than there is work would only cost."""
    assert len(continuation_events([ShardScan("sessions", 3)], 0)) == 1
    assert continuation_events([], 0) == []


def test_chains_end() -> None:
    """The next minute's run takes over, long before Lambda would stop the chain as a loop."""
    invocations = 0
    waiting: list[dict[str, object]] = [{}]
    while waiting:
        work, depth = scans_of(waiting.pop(), NOW)
        invocations += 1
        waiting += continuation_events(work, depth)

    assert continuation_events(all_scans(NOW), MAX_CONTINUATION_DEPTH) == []
    assert invocations == 2 ** (MAX_CONTINUATION_DEPTH + 1) - 1


@pytest.mark.parametrize(
    ("after", "due_after"),
    [(60, 420), (6240, 6600), (6599, 6600), (6600, 6960)],
    ids=["early", "near the notice", "just before it", "after it"],
)
def test_a_recorded_heartbeat_moves_the_next_look_but_not_past_the_notice(after: int, due_after: int) -> None:
    """One call, without reading: the notice of the handover must not be put off by a lively client."""
    calls: list[dict[str, int]] = []

    def postpone_check(connection_id: str, *, due_at: int, now: int, token_after: int) -> None:
        calls.append({"due_at": due_at - NOW, "now": now - NOW, "token_after": token_after - NOW})

    settings = Settings(refresh_jitter=0)
    assert refresh_at(settings, "connection", NOW) == NOW + 6600
    heartbeat = Heartbeat(postpone_check=postpone_check, settings=settings, clock=lambda: NOW + after)

    connected_at_ms = NOW * 1000 + 7
    assert heartbeat_ack(heartbeat("connection", connected_at_ms), connected_at_ms) == {
        "type": "heartbeatAck",
        "serverTime": (NOW + after) * 1000,
        "connectedAt": connected_at_ms,
    }
    assert calls == [{"due_at": due_after, "now": after, "token_after": due_after + 120}]
