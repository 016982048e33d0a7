"""Recorded heartbeats on a real table: what is alive is not pinged, and no notice is put off."""

import pytest

from adapters.dynamodb.due_index import postpone_check
from keep_alive.heartbeat import Heartbeat
from tests.support.keep_alive_driver import KeepAliveDriver
from tests.support.session_driver import START

pytestmark = pytest.mark.emulator


def beat(driver: KeepAliveDriver, connection_id: str) -> None:
    """One heartbeat of a connection that was opened at the start."""
    Heartbeat(postpone_check=postpone_check, settings=driver.container.settings, clock=driver.clock)(
        connection_id, START * 1000
    )


def test_a_connection_that_beats_is_not_pinged(driver: KeepAliveDriver) -> None:
    """Each beat moves the ping away."""
    connection = driver.connect()
    for _ in range(10):
        driver.now += 300
        beat(driver, connection)
        driver.run()

    assert driver.pusher.types(connection) == []


def test_a_beat_puts_off_no_notice_of_a_token(driver: KeepAliveDriver) -> None:
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


def test_a_beat_of_a_connection_that_is_due_leaves_it_to_the_run(driver: KeepAliveDriver) -> None:
    """The run that is about to look has the last word."""
    connection = driver.connect()
    driver.now += 360
    beat(driver, connection)

    assert driver.connection(connection).due_at == START + 360


def test_a_beat_of_a_connection_without_a_record_is_answered(driver: KeepAliveDriver) -> None:
    """A beat may overtake the cleaning up."""
    beat(driver, "nobody")

    assert driver.container.connections.get("nobody") is None
