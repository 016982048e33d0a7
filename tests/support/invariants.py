"""What must hold in the tables at any time, whatever failed before."""

from domain.model import Role
from tests.support.session_driver import SessionDriver


def check_session(driver: SessionDriver, session_id: str) -> None:
    """A session's slots, rows and attachments agree, and its speaker is who the session says."""
    session = driver.session(session_id)
    over = session.ended_because(driver.now) is not None
    listeners = driver.container.listeners
    assert session.shards_in_use <= session.shards
    pages = [listeners.page(session_id, shard).listeners for shard in range(session.shards)]
    assert not any(pages[session.shards_in_use :]), "no row is where no publish reads"
    slots = [row.slot for rows in pages for row in rows]
    assert len(set(slots)) == len(slots), "each row has a slot of its own"
    assert all(slot < session.capacity for slot in slots)
    assert len(slots) == listeners.count(session_id, session.capacity), "each slot has its row"
    for shard, rows in enumerate(pages):
        if over:
            continue  # attachments to it mean nothing any more
        for row in rows:
            connection = driver.container.connections.get(row.connection_id)
            assert connection is not None, "no row outlives its connection"
            assert connection.attachment is not None
            attached = connection.attachment
            assert (attached.session_id, attached.shard) == (session_id, shard)
            assert attached.slot == row.slot
            assert not row.on_channel or attached.on_channel
            assert not row.on_channel or row.target_language in session.channel_languages
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
