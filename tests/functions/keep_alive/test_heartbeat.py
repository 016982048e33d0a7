"""Recorded heartbeats on a real table: what is alive is not pinged, and no notice is put off."""

import pytest

from adapters.dynamodb.due_index import push_forward
from keep_alive.heartbeat import Heartbeat
from tests.functions.keep_alive.world import START, World

pytestmark = pytest.mark.emulator


def beat(world: World, connection_id: str) -> None:
    """One heartbeat of a connection that was opened at the start."""
    Heartbeat(push_forward=push_forward, settings=world.settings, clock=world.clock)(
        connection_id, START * 1000
    )


def test_a_connection_that_beats_is_not_pinged(world: World) -> None:
    """Each beat moves the ping away."""
    connection = world.connect()
    for _ in range(10):
        world.now += 300
        beat(world, connection)
        world.run()

    assert world.wire.types(connection) == []


def test_a_beat_puts_off_no_notice_of_a_token(world: World) -> None:
    """A token that ends before the next look keeps the look where it is, until the notice went out."""
    connection = world.connect("subject", START + 700)
    world.now += 300
    beat(world, connection)
    assert world.connection(connection).due_at == START + 480

    world.now = START + 580
    world.run()
    assert world.wire.types(connection) == ["tokenExpiring"]

    world.now += 100
    beat(world, connection)
    assert world.connection(connection).due_at == world.now + 480


def test_a_beat_of_a_connection_that_is_due_leaves_it_to_the_run(world: World) -> None:
    """The run that is about to look has the last word."""
    connection = world.connect()
    world.now += 480
    beat(world, connection)

    assert world.connection(connection).due_at == START + 480


def test_a_beat_of_a_connection_without_a_record_is_answered(world: World) -> None:
    """A beat may overtake the cleaning up."""
    beat(world, "nobody")

    assert world.connections.get("nobody") is None
