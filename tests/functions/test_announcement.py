"""What could not be told is told later: an end by the keep-alive, a change by the repeated request."""

import pytest

from domain.errors import UnavailableError
from domain.model import Change, Status
from tests.functions.memory import Memory
from tests.functions.world import World


def test_an_end_that_nobody_could_be_told_of_is_told_later() -> None:
    memory = Memory()
    world = World.in_memory(memory=memory)
    speaker, session_id = world.speaking()
    world.notes.reachable = False
    assert world.end(speaker)["type"] == "sessionEnded"
    assert memory.unannounced == {session_id}
    world.notes.reachable = True
    session = world.sessions.get(session_id)
    assert session is not None
    world.ending.by_the_clock(session)
    assert memory.unannounced == set()
    assert [told for told, _, _ in world.notes.broadcasts] == [session_id, session_id]


def test_a_change_that_nobody_could_be_told_of_is_told_by_the_repeated_request() -> None:
    world = World.in_memory()
    speaker, session_id = world.speaking()
    pause = Change(status=Status.PAUSED)
    world.notes.reachable = False
    with pytest.raises(UnavailableError) as refused:
        world.updating.as_speaker(speaker, pause, request_id="r")
    assert refused.value.retry_after
    world.notes.reachable = True
    assert world.updating.as_speaker(speaker, pause, request_id="r")["status"] == "paused"
    assert [told for told, _, _ in world.notes.broadcasts] == [session_id, session_id]
