"""endSession: who may end a session, and how everyone is informed."""

import pytest

from domain.errors import (
    ForbiddenError,
)
from domain.model import Status
from tests.support.memory_stores import Memory
from tests.support.session_driver import UNLIMITED, UseCaseDriver


def test_a_session_ends_once_and_everyone_else_is_notified_once(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    epoch = driver.session(session_id).epoch
    expected = {
        "type": "sessionEnded",
        "sessionId": session_id,
        "reason": "ended",
        "epoch": epoch,
        "offset": 0,
    }
    assert [driver.end(speaker), driver.end(speaker)] == [expected, expected]
    assert driver.broadcaster.broadcasts == [(session_id, expected, speaker)]


def test_the_owner_ends_a_session_without_a_connection(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    with pytest.raises(ForbiddenError):
        driver.end_as_owner("other", session_id)
    first = driver.end_as_owner("user", session_id)
    assert driver.end_as_owner("user", session_id) == first
    with pytest.raises(ForbiddenError):
        driver.end_as_owner("other", session_id)


@pytest.mark.parametrize(
    ("detach", "seconds", "reason"),
    [(True, UNLIMITED.speaker_grace, "speakerGone"), (False, UNLIMITED.session_lifetime, "expired")],
)
def test_a_session_ends_when_its_lifetime_expires(
    driver: UseCaseDriver, detach: bool, seconds: int, reason: str
) -> None:
    speaker, session_id = driver.speaking()
    if detach:
        driver.disconnect(speaker)
    driver.broadcaster.broadcasts.clear()
    driver.now += seconds - 1
    driver.container.end_session.end_if_due(driver.session(session_id))
    assert driver.broadcaster.broadcasts == []
    driver.now += 1
    for _ in range(2):
        driver.container.end_session.end_if_due(driver.session(session_id))
    assert [push["reason"] for _, push, _ in driver.broadcaster.broadcasts] == [reason, reason]
    assert driver.session(session_id).status is Status.ENDED


def test_an_end_that_could_not_be_announced_is_announced_later() -> None:
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
    assert [session for session, _, _ in driver.broadcaster.broadcasts] == [session_id, session_id]
