"""Recorded heartbeats on a real table: what is alive is not pinged, and no notice is put off."""

from dataclasses import replace

import pytest

from adapters.dynamodb.due_index import postpone_check
from domain.settings import Settings
from keep_alive.heartbeat import Heartbeat
from keep_alive.schedule import refresh_at
from tests.support.keep_alive_driver import KeepAliveDriver
from tests.support.session_driver import START
from wire.replies import heartbeat_ack

pytestmark = pytest.mark.emulator


def beat(driver: KeepAliveDriver, connection_id: str) -> None:
    """One heartbeat of a connection that was opened at the start."""
    Heartbeat(postpone_check=postpone_check, settings=driver.container.settings, clock=driver.clock)(
        connection_id, START * 1000
    )


def test_a_connection_that_sends_heartbeats_is_not_pinged(driver: KeepAliveDriver) -> None:
    """Each beat moves the ping away."""
    connection = driver.connect()
    for _ in range(10):
        driver.now += 300
        beat(driver, connection)
        driver.run()

    assert driver.pusher.types(connection) == []


def test_heartbeats_do_not_keep_a_connection_that_joins_no_session(driver: KeepAliveDriver) -> None:
    driver.redeploy(replace(driver.container.settings, unattached_lifetime=900))
    connection = driver.connect()
    for _ in range(4):
        driver.now += 300
        beat(driver, connection)
        driver.run()

    assert connection in driver.pusher.gone


def test_a_heartbeat_postpones_no_token_notice(driver: KeepAliveDriver) -> None:
    """A token that ends before the next look keeps the look where it is, until the notice went out."""
    connection = driver.connect("subject", token_expires_at=START + 700)
    driver.now += 300
    beat(driver, connection)
    assert driver.connection(connection).due_at == START + 360

    driver.now = START + 580
    driver.run()
    assert driver.pusher.types(connection) == ["tokenExpiring"]

    driver.now += 100
    beat(driver, connection)
    assert driver.connection(connection).due_at == driver.now + 360


def test_a_heartbeat_of_a_due_connection_leaves_it_to_the_run(driver: KeepAliveDriver) -> None:
    """The run that is about to look has the last word."""
    connection = driver.connect()
    driver.now += 360
    beat(driver, connection)

    assert driver.connection(connection).due_at == START + 360


def test_a_heartbeat_of_a_connection_without_a_record_is_answered(driver: KeepAliveDriver) -> None:
    """A beat may overtake the cleaning up."""
    beat(driver, "nobody")

    assert driver.container.connections.get("nobody") is None


@pytest.mark.parametrize(
    ("after", "due_after"),
    [(60, 420), (6240, 6600), (6599, 6600), (6600, 6960)],
    ids=["early", "near the notice", "just before it", "after it"],
)
def test_a_recorded_heartbeat_postpones_the_next_check_but_not_past_the_notice(
    after: int, due_after: int
) -> None:
    """One call, without reading: the notice of the handover must not be put off by a lively client."""
    calls: list[dict[str, int]] = []

    def postpone_check(connection_id: str, *, due_at: int, now: int, token_after: int) -> None:
        calls.append({"due_at": due_at - START, "now": now - START, "token_after": token_after - START})

    settings = Settings(refresh_jitter=0)
    assert refresh_at(settings, "connection", START) == START + 6600
    heartbeat = Heartbeat(postpone_check=postpone_check, settings=settings, clock=lambda: START + after)

    connected_at_ms = START * 1000 + 7
    assert heartbeat_ack(heartbeat("connection", connected_at_ms), connected_at_ms) == {
        "type": "heartbeatAck",
        "serverTime": (START + after) * 1000,
        "connectedAt": connected_at_ms,
    }
    assert calls == [{"due_at": due_after, "now": after, "token_after": due_after + 120}]
