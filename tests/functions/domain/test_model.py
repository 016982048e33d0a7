"""When a session has ended, is gone and is due."""

from dataclasses import replace

import pytest

from domain.model import EndReason, Status
from tests.support.example_session import SESSION


@pytest.mark.parametrize(
    ("changes", "now", "reason"),
    [
        ({}, 1999, None),
        ({}, 2000, EndReason.EXPIRED),
        ({"grace_until": 1500}, 1499, None),
        ({"grace_until": 1500}, 1500, EndReason.SPEAKER_GONE),
        ({"grace_until": 1500}, 2000, EndReason.EXPIRED),
        ({"status": Status.PAUSED}, 1999, None),
        ({"status": Status.ENDED, "end_reason": EndReason.EXPIRED}, 1000, EndReason.EXPIRED),
        ({"status": Status.ENDED}, 1000, EndReason.ENDED),
    ],
)
def test_a_session_has_ended_when_its_time_has_run_out(
    changes: dict[str, object], now: int, reason: EndReason | None
) -> None:
    assert replace(SESSION, **changes).ended_because(now) is reason


def test_a_session_is_gone_after_its_ttl_and_due_when_its_time_runs_out() -> None:
    assert [SESSION.is_gone(now) for now in (2499, 2500)] == [False, True]
    assert SESSION.due_at == 2000
    assert replace(SESSION, grace_until=1500).due_at == 1500
