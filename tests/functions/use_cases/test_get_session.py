"""getSession: what it shows, and to which connection."""

import pytest

from domain.errors import SessionNotFoundError
from tests.support.session_driver import UNLIMITED, UseCaseDriver


def test_shows_the_session_of_the_connection_or_of_the_id(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    listener = driver.listening(session_id)
    shown = driver.get(speaker)
    assert (shown["sessionId"], shown["role"], shown["listeners"]) == (session_id, "speaker", 1)
    assert driver.get(listener)["role"] == "listener"
    stranger = driver.get(driver.connect(), session_id)
    assert "role" not in stranger
    assert "generation" not in stranger


def test_a_replaced_speaker_has_no_role(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.resume(driver.connect("user"), session_id)
    assert "role" not in driver.get(speaker, session_id)


def test_an_ended_session_is_shown_as_ended_while_it_is_kept(driver: UseCaseDriver) -> None:
    speaker, _ = driver.speaking()
    driver.end(speaker)
    assert driver.get(speaker)["status"] == "ended"
    driver.now += UNLIMITED.ended_retention
    with pytest.raises(SessionNotFoundError):
        driver.get(speaker)


def test_needs_an_attachment_or_an_id(driver: UseCaseDriver) -> None:
    with pytest.raises(SessionNotFoundError):
        driver.get(driver.connect())
