"""What is pushed to a connection, and when its next check is due: a table of moments."""

import json
from dataclasses import replace

import pytest

from domain.model import Connection
from domain.settings import Settings
from keep_alive.run import ShardScan, all_scans
from keep_alive.schedule import jitter, plan_push, refresh_at

UNLIMITED = Settings(idle_ping=480, refresh_jitter=0, unattached_lifetime=100_000)
CONNECTED = 1_800_000_000
CONNECTION = Connection(
    connection_id="connection",
    address="address",
    correlation_id="correlation",
    connected_at=CONNECTED,
    due_at=CONNECTED + 480,
    ttl=CONNECTED + 100_000,
)


@pytest.mark.parametrize(
    ("after", "changes", "pushes", "due_after"),
    [
        pytest.param(480, {}, ["keepAlive"], 960, id="a ping before the idle cut"),
        pytest.param(490, {}, ["keepAlive"], 970, id="a late ping counts from when it went out"),
        pytest.param(6240, {}, ["keepAlive"], 6600, id="the next ping would come after the notice"),
        pytest.param(6600, {}, ["connectionRefreshRequired 600"], 7080, id="ten minutes before the cut"),
        pytest.param(6660, {}, ["connectionRefreshRequired 540"], 7140, id="a minute was skipped"),
        pytest.param(7300, {}, ["connectionRefreshRequired 0"], 7780, id="the cut should have come"),
        pytest.param(7080, {"refresh_notified_at": 1}, ["keepAlive"], 7560, id="notified once"),
        pytest.param(480, {"token_expires_at": 3600}, ["keepAlive"], 960, id="a token with time left"),
        pytest.param(
            3300, {"token_expires_at": 3600}, ["keepAlive"], 3480, id="the token ends before a ping"
        ),
        pytest.param(3480, {"token_expires_at": 3600}, ["tokenExpiring 120"], 3960, id="the token ends soon"),
        pytest.param(3700, {"token_expires_at": 3600}, ["tokenExpiring 0"], 4180, id="the token has ended"),
        pytest.param(
            6600,
            {"token_expires_at": 6700},
            ["connectionRefreshRequired 600", "tokenExpiring 100"],
            7080,
            id="both at once",
        ),
    ],
)
def test_plans_the_due_push(after: int, changes: dict[str, int], pushes: list[str], due_after: int) -> None:
    """Seconds after the connect: what is said, with the seconds it names, and the next look."""
    since = {name: CONNECTED + value for name, value in changes.items()}
    visit = plan_push(UNLIMITED, replace(CONNECTION, **since), None, CONNECTED + after)

    said = [json.loads(payload) for payload in visit.payloads]
    assert [
        " ".join(str(push[key]) for key in ("type", "secondsLeft") if key in push) for push in said
    ] == pushes
    assert visit.due_at == CONNECTED + due_after
    assert visit.is_notice == (pushes != ["keepAlive"])


def test_each_token_gets_one_expiry_notice() -> None:
    """A later token gets a notice of its own."""
    now = CONNECTED + 3480
    connection = replace(CONNECTION, token_expires_at=CONNECTED + 3600)
    later = replace(CONNECTION, token_expires_at=CONNECTED + 3590)

    assert plan_push(UNLIMITED, connection, None, now).token_noticed == CONNECTED + 3600
    assert not plan_push(UNLIMITED, connection, CONNECTED + 3600, now).is_notice
    assert plan_push(UNLIMITED, later, CONNECTED + 3600, now).token_noticed == CONNECTED + 3590


def test_notices_have_jitter() -> None:
    """Connections of one second are asked to hand over in different seconds, each always in the same."""
    settings = Settings(refresh_jitter=120, unattached_lifetime=100_000)
    spread = [jitter(settings, f"connection-{number}") for number in range(500)]

    assert (min(spread), max(spread)) == (0, 120)
    assert len(set(spread)) > 100
    assert spread == [jitter(settings, f"connection-{number}") for number in range(500)]
    assert refresh_at(settings, "connection-1", CONNECTED) == CONNECTED + 6600 + spread[1]


def test_the_next_check_is_at_the_jittered_notice() -> None:
    """A look at the earliest moment pings, and the next one is at the connection's own moment."""
    settings = Settings(refresh_jitter=120, unattached_lifetime=100_000)
    late = next(f"connection-{n}" for n in range(500) if jitter(settings, f"connection-{n}") > 60)
    visit = plan_push(settings, replace(CONNECTION, connection_id=late), None, CONNECTED + 6600)

    assert not visit.is_notice
    assert visit.due_at == refresh_at(settings, late, CONNECTED)


def test_a_run_reads_every_shard_and_starts_at_another_one_each_minute() -> None:
    """Sessions before connections, so that an end is not held up by pings."""
    one, next_one = all_scans(CONNECTED), all_scans(CONNECTED + 60)

    assert set(one) == {ShardScan(kind, shard) for kind in ("sessions", "connections") for shard in range(16)}
    assert [unit.kind for unit in one] == ["sessions"] * 16 + ["connections"] * 16
    assert one[0] != next_one[0]
