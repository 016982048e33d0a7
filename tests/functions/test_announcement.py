"""An end that could not be told stays due, until a keep-alive run has told it."""

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
