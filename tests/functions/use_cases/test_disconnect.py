"""$disconnect: late, repeated and lost events."""

from dataclasses import replace

from tests.support.session_driver import UseCaseDriver, new_id


def test_a_listener_whose_disconnect_is_reported_twice_is_subtracted_once(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    listener, other = driver.listening(session_id), driver.listening(session_id)
    for _ in range(3):
        driver.disconnect(listener)
    assert driver.listener_count(session_id) == 1
    assert driver.listener_ids(session_id) == [other]
    assert driver.container.connections.get(listener) is None


def test_a_late_disconnect_of_a_replaced_speaker_changes_nothing(driver: UseCaseDriver) -> None:
    older, session_id = driver.speaking()
    newer = driver.connect("user")
    driver.resume(newer, session_id)
    driver.disconnect(older)
    session = driver.session(session_id)
    assert (session.speaker_connection_id, session.grace_until, session.generation) == (newer, None, 2)
    assert driver.container.connections.get(older) is None


def test_a_stale_record_of_a_replaced_speaker_is_forgotten(driver: UseCaseDriver) -> None:
    older, session_id = driver.speaking()
    session = driver.session(session_id)
    newer = driver.connect("user")
    driver.container.sessions.attach(
        session, connection_id=newer, instead_of=None, request=None, now=driver.now
    )
    driver.disconnect(older)
    assert driver.container.connections.get(older) is None
    assert driver.session(session_id).speaker_connection_id == newer


def test_a_connection_of_an_ended_session_is_removed_too(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    listener = driver.listening(session_id)
    driver.end(speaker)
    for connection_id in (speaker, listener, new_id()):
        driver.disconnect(connection_id)
        assert driver.container.connections.get(connection_id) is None
    assert driver.session(session_id).grace_until is None


def test_a_missing_row_does_not_keep_its_connection(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    listener = driver.listening(session_id)
    (row,) = driver.container.listeners.page(session_id, 0).listeners
    driver.container.listeners.drop(session_id, 0, row)
    driver.disconnect(listener)
    assert driver.container.connections.get(listener) is None
    assert driver.listener_count(session_id) == 0


def test_a_connection_that_has_become_a_speakers_is_kept_where_listeners_are_removed(
    driver: UseCaseDriver,
) -> None:
    """A push may find the row that such a connection left as a listener."""
    speaker, session_id = driver.speaking()
    assert replace(driver.container.disconnect, removes_speakers=False)(speaker) is None
    assert driver.container.connections.get(speaker) is not None
    assert driver.session(session_id).grace_until is None
