"""leaveSession: what it detaches, and repeats."""

import pytest

from domain.errors import (
    SessionNotFoundError,
)
from tests.support.session_driver import START, UseCaseDriver


def test_a_listener_that_left_is_no_longer_counted_and_may_join_another_session(
    driver: UseCaseDriver,
) -> None:
    _, session_id = driver.speaking()
    listener = driver.listening(session_id)
    assert driver.leave(listener) == {"type": "sessionLeft", "sessionId": session_id}
    assert driver.listener_count(session_id) == 0
    assert driver.leave(listener) == {"type": "sessionLeft", "sessionId": session_id}
    driver.join(listener, driver.speaking()[1])


def test_a_late_retry_does_not_leave_a_session_that_was_joined_since(driver: UseCaseDriver) -> None:
    _, first = driver.speaking()
    _, second = driver.speaking()
    listener = driver.listening(first)
    driver.leave(listener, request_id="r")
    driver.join(listener, second)
    assert driver.leave(listener, request_id="r")["sessionId"] == first
    assert driver.listener_ids(second) == [listener]


def test_a_speaker_that_leaves_starts_the_grace_period(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.leave(speaker)
    session = driver.session(session_id)
    assert (session.speaker_connection_id, session.grace_until) == (None, START + 300)
    assert driver.resume(speaker, session_id)["generation"] == 2


def test_leaving_without_an_attachment_is_refused(driver: UseCaseDriver) -> None:
    with pytest.raises(SessionNotFoundError):
        driver.leave(driver.connect())
