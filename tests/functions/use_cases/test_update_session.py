"""updateSession: what it changes, and what everyone gets."""

import pytest

from domain.errors import (
    ForbiddenError,
    SessionEndedError,
    SessionNotFoundError,
    UnavailableError,
)
from domain.model import Status
from tests.support.session_driver import UseCaseDriver

NOWHERE = "brave-otter-100"


def test_named_properties_change_and_everyone_else_is_notified(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    reply = driver.update(speaker, status=Status.PAUSED)
    assert reply == {
        "type": "sessionUpdated",
        "sessionId": session_id,
        "status": "paused",
        "quality": "standard",
        "version": 2,
    }
    assert driver.broadcaster.broadcasts == [(session_id, reply, speaker)]
    second = driver.update(speaker, quality="premium")
    assert (second["status"], second["version"]) == ("paused", 3)


def test_listeners_see_that_the_speaker_is_muted(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    reply = driver.update(speaker, muted=True)
    assert reply["muted"]
    assert driver.broadcaster.broadcasts == [(session_id, reply, speaker)]
    assert driver.join(driver.connect(), session_id)["muted"]
    assert driver.update(speaker, quality="premium")["muted"]
    assert "muted" not in driver.update(speaker, muted=False)
    assert "muted" not in driver.join(driver.connect(), session_id)


def test_a_late_retry_reverts_no_change(driver: UseCaseDriver) -> None:
    speaker, _ = driver.speaking()
    driver.update(speaker, status=Status.PAUSED, request_id="r")
    driver.update(speaker, status=Status.ACTIVE, request_id="s")
    assert driver.update(speaker, status=Status.PAUSED, request_id="r")["status"] == "active"


def test_only_the_speaker_may(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    for connection_id in (driver.listening(session_id, "user"), driver.connect("user")):
        with pytest.raises(ForbiddenError):
            driver.update(connection_id, quality="premium")


def test_an_ended_session_does_not_change(driver: UseCaseDriver) -> None:
    speaker, _ = driver.speaking()
    driver.end(speaker)
    with pytest.raises(SessionEndedError):
        driver.update(speaker, quality="premium")


def test_the_owner_changes_a_session_without_a_connection(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    assert driver.update_as_owner("user", session_id, quality="premium")["quality"] == "premium"
    assert driver.broadcaster.broadcasts[-1][2] is None
    with pytest.raises(ForbiddenError):
        driver.update_as_owner("other", session_id, quality="premium")
    with pytest.raises(SessionNotFoundError):
        driver.update_as_owner("user", NOWHERE, quality="premium")


def test_a_repeated_request_announces_a_change_that_could_not_be_announced() -> None:
    driver = UseCaseDriver.in_memory()
    speaker, session_id = driver.speaking()
    driver.broadcaster.is_available = False
    with pytest.raises(UnavailableError) as refused:
        driver.update(speaker, status=Status.PAUSED, request_id="r")
    assert refused.value.retry_after
    driver.broadcaster.is_available = True
    assert driver.update(speaker, status=Status.PAUSED, request_id="r")["status"] == "paused"
    assert [session for session, _, _ in driver.broadcaster.broadcasts] == [session_id, session_id]
