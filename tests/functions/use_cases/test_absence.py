"""What listeners are informed of while the speaker of their session is away."""

from dataclasses import replace

from domain.errors import UnavailableError
from domain.model import Session
from tests.support.memory_stores import Memory, MemorySessions
from tests.support.session_driver import START, UseCaseDriver
from wire.pushes import Message, iso_time

GRACE_ENDS_AT = iso_time(START + 300)


class UnreachableSessions(MemorySessions):
    """The sessions while their table cannot be read."""

    def get(self, session_id: str) -> Session | None:
        raise UnavailableError


def test_listeners_see_until_when_the_session_waits_for_a_lost_speaker(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.disconnect(speaker)
    assert [push["graceEndsAt"] for push in _announced(driver, session_id)] == [GRACE_ENDS_AT]
    assert driver.join(driver.connect(), session_id)["graceEndsAt"] == GRACE_ENDS_AT
    assert driver.get(driver.connect(), session_id)["graceEndsAt"] == GRACE_ENDS_AT


def test_listeners_see_that_the_speaker_left(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.leave(speaker)
    assert [push["graceEndsAt"] for push in _announced(driver, session_id)] == [GRACE_ENDS_AT]


def test_listeners_see_that_the_speaker_returned(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.disconnect(speaker)
    away = driver.session(session_id).version
    returned = driver.connect("user")
    driver.resume(returned, session_id)
    push = _announced(driver, session_id)[-1]
    assert "graceEndsAt" not in push
    assert push["version"] > away
    assert driver.broadcaster.broadcasts[-1][2] == returned
    assert "graceEndsAt" not in driver.join(driver.connect(), session_id)


def test_a_handover_is_no_absence(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.resume(driver.connect("user"), session_id)
    driver.disconnect(speaker)
    assert _announced(driver, session_id) == []


def test_a_listener_that_leaves_announces_nothing(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    driver.disconnect(driver.listening(session_id))
    driver.leave(driver.listening(session_id))
    assert _announced(driver, session_id) == []


def test_a_session_over_http_waits_for_its_speaker_from_its_creation(driver: UseCaseDriver) -> None:
    created = driver.create(None)
    assert created["graceEndsAt"] == GRACE_ENDS_AT
    driver.resume(driver.connect("user"), created["sessionId"])
    assert "graceEndsAt" not in driver.get(driver.connect(), created["sessionId"])


def test_a_session_that_has_ended_waits_for_nobody(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.disconnect(speaker)
    driver.now = START + 300
    seen = driver.get(driver.connect(), session_id)
    assert seen["status"] == "ended"
    assert "graceEndsAt" not in seen


def test_the_grace_period_is_shown_to_end_with_the_lifetime_of_the_session(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    expires_at = driver.session(session_id).expires_at
    driver.now = expires_at - 10
    driver.disconnect(speaker)
    assert [push["graceEndsAt"] for push in _announced(driver, session_id)] == [iso_time(expires_at)]


def test_a_speaker_is_removed_even_if_its_absence_cannot_be_announced(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    announce = replace(driver.container.announce_absence, sessions=UnreachableSessions(Memory()))
    replace(driver.container.disconnect, announce_absence=announce)(speaker)
    assert driver.session(session_id).speaker_connection_id is None
    assert _announced(driver, session_id) == []


def _announced(driver: UseCaseDriver, session_id: str) -> list[Message]:
    """Return the pushes that everyone in the session got."""
    return [push for to, push, _ in driver.broadcaster.broadcasts if to == session_id]
