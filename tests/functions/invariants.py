"""What must hold in the tables at any time, whatever failed before."""

from domain.model import Role
from tests.functions.world import World


def check_session(world: World, session_id: str) -> None:
    """A session's counts, rows and attachments agree, and its speaker is who the session says."""
    session = world.session(session_id)
    over = session.ended_because(world.now) is not None
    counts = world.listeners.counts(session_id, session.shards)
    assert len(counts) == session.shards, "every shard has its count"
    assert sum(count.capacity for count in counts) == session.capacity
    for count in counts:
        rows = world.listeners.page(session_id, count.shard).listeners
        assert 0 <= count.listeners <= count.capacity
        assert count.listeners == len(rows), "the count is of the rows"
        if over:
            continue  # attachments to it mean nothing any more
        for row in rows:
            connection = world.connections.get(row.connection_id)
            assert connection is not None, "no row outlives its connection"
            assert connection.attachment is not None
            attached = connection.attachment
            assert (attached.session_id, attached.shard) == (session_id, count.shard)
    if over:
        return
    if session.speaker_connection_id is not None:
        speaker = world.connections.get(session.speaker_connection_id)
        assert speaker is not None, "a speaker that is gone has left its session in its grace"
        assert speaker.attachment is not None
        assert speaker.attachment.session_id == session_id
        assert speaker.attachment.generation == session.generation
        assert session.grace_until is None
    else:
        assert session.grace_until is not None, "somebody will end it"


def check_connection(world: World, connection_id: str) -> None:
    """What a connection is attached to knows of it, or its attachment means nothing any more."""
    connection = world.connections.get(connection_id)
    if connection is None or connection.attachment is None:
        return
    attachment = connection.attachment
    session = world.sessions.get(attachment.session_id)
    if session is None or session.ended_because(world.now):
        return
    if attachment.role is Role.LISTENER:
        assert connection_id in world.rows_of(attachment.session_id)
    else:
        assert attachment.generation <= session.generation
