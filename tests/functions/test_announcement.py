"""What could not be told is told later: an end by the keep-alive, a change by the repeated request."""

import pytest

from domain.errors import UnavailableError
from domain.model import Change, Status
from tests.support.memory_stores import Memory
from tests.support.session_driver import UseCaseDriver


def test_an_end_that_nobody_could_be_told_of_is_told_later() -> None:
    memory = Memory()
    driver = UseCaseDriver.in_memory(memory=memory)
    speaker, session_id = driver.speaking()
    driver.broadcaster.is_available = False
    assert driver.end(speaker)["type"] == "sessionEnded"
    assert memory.unannounced == {session_id}
    driver.broadcaster.is_available = True
    session = driver.container.sessions.get(session_id)
    assert session is not None
    driver.container.end_session.end_if_due(session)
    assert memory.unannounced == set()
    assert [told for told, _, _ in driver.broadcaster.broadcasts] == [session_id, session_id]


def test_a_change_that_nobody_could_be_told_of_is_told_by_the_repeated_request() -> None:
    driver = UseCaseDriver.in_memory()
    speaker, session_id = driver.speaking()
    pause = Change(status=Status.PAUSED)
    driver.broadcaster.is_available = False
    with pytest.raises(UnavailableError) as refused:
        driver.container.update_session.as_speaker(speaker, pause, request_id="r")
    assert refused.value.retry_after
    driver.broadcaster.is_available = True
    assert driver.container.update_session.as_speaker(speaker, pause, request_id="r")["status"] == "paused"
    assert [told for told, _, _ in driver.broadcaster.broadcasts] == [session_id, session_id]
