"""What must hold in the tables at any time, whatever failed before."""

from domain.model import Role
from tests.support.session_driver import SessionDriver


def check_session(driver: SessionDriver, session_id: str) -> None:
    """A session's counts, rows and attachments agree, and its speaker is who the session says."""
    session = driver.session(session_id)
    over = session.ended_because(driver.now) is not None
    counts = driver.container.listeners.counts(session_id, session.shards)
    assert len(counts) == session.shards, "every shard has its count"
    assert sum(count.capacity for count in counts) == session.capacity
    for count in counts:
        rows = driver.container.listeners.page(session_id, count.shard).listeners
        assert 0 <= count.listeners <= count.capacity
        assert count.listeners == len(rows), "the count is of the rows"
        if over:
            continue  # attachments to it mean nothing any more
        for row in rows:
            connection = driver.container.connections.get(row.connection_id)
            assert connection is not None, "no row outlives its connection"
            assert connection.attachment is not None
            attached = connection.attachment
            assert (attached.session_id, attached.shard) == (session_id, count.shard)
    if over:
        return
    if session.speaker_connection_id is not None:
        speaker = driver.container.connections.get(session.speaker_connection_id)
        assert speaker is not None, "a speaker that is gone has left its session in its grace"
        assert speaker.attachment is not None
        assert speaker.attachment.session_id == session_id
        assert speaker.attachment.generation == session.generation
        assert session.grace_until is None
    else:
        assert session.grace_until is not None, "somebody will end it"


def check_connection(driver: SessionDriver, connection_id: str) -> None:
    """What a connection is attached to knows of it, or its attachment means nothing any more."""
    connection = driver.container.connections.get(connection_id)
    if connection is None or connection.attachment is None:
        return
    attachment = connection.attachment
    session = driver.container.sessions.get(attachment.session_id)
    if session is None or session.ended_because(driver.now):
        return
    if attachment.role is Role.LISTENER:
        assert connection_id in driver.listener_ids(attachment.session_id)
    else:
        assert attachment.generation <= session.generation
