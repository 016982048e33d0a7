"""resumeSession: generations, the replaced speaker, and repeats."""

import pytest

from domain.errors import (
    ConflictError,
    ForbiddenError,
    SessionEndedError,
    SessionError,
    SessionNotFoundError,
    UnauthorizedError,
)
from domain.model import Position, Reset
from domain.ports import Condition, ConditionFailed
from tests.support.session_driver import START, UNLIMITED, UseCaseDriver

NOWHERE = "brave-otter-100"


def test_a_resume_raises_the_generation_and_notifies_the_older_connection(driver: UseCaseDriver) -> None:
    older, session_id = driver.speaking()
    newer = driver.connect("user")
    reply = driver.resume(newer, session_id)
    assert (reply["type"], reply["generation"]) == ("sessionResumed", 2)
    assert not {"replayed", "reset", "more"} & set(reply)
    (push,) = driver.pusher.deliveries
    assert push.connection_id == older
    assert b'"connectionReplaced"' in push.payloads[0]
    for attempt in (lambda: driver.update(older, quality="premium"), lambda: driver.end(older)):
        with pytest.raises(ForbiddenError):
            attempt()


def test_ends_the_grace_period(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.disconnect(speaker)
    assert driver.session(session_id).grace_until == START + 300
    driver.now += 299
    driver.resume(driver.connect("user"), session_id)
    assert driver.session(session_id).grace_until is None


def test_is_idempotent_on_the_connection_that_speaks(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    newer = driver.connect("user")
    first = driver.resume(newer, session_id, request_id="r")
    assert driver.resume(newer, session_id, request_id="r") == first
    assert driver.resume(newer, session_id) == first


def test_a_late_retry_does_not_take_the_session_back(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    second, third = driver.connect("user"), driver.connect("user")
    driver.resume(second, session_id, request_id="r")
    driver.resume(third, session_id)
    with pytest.raises(ConflictError):
        driver.resume(second, session_id, request_id="r")
    assert driver.session(session_id).generation == 3
    assert driver.resume(second, session_id, request_id="s")["generation"] == 4


def test_is_refused_if_a_later_generation_than_the_named_one_exists(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    driver.resume(driver.connect("user"), session_id)
    with pytest.raises(ConflictError):
        driver.resume(driver.connect("user"), session_id, generation=1, request_id="r")
    assert driver.session(session_id).generation == 2
    assert driver.resume(driver.connect("user"), session_id, generation=2)["generation"] == 3
    assert driver.resume(driver.connect("user"), session_id)["generation"] == 4


def test_recognises_the_clients_own_resume_whose_reply_was_lost(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    driver.resume(driver.connect("user"), session_id, generation=1, request_id="r")
    again = driver.resume(driver.connect("user"), session_id, generation=1, request_id="r")
    assert again["generation"] == 3
    driver.resume(driver.connect("user"), session_id)
    with pytest.raises(ConflictError):
        driver.resume(driver.connect("user"), session_id, generation=1, request_id="r")


@pytest.mark.parametrize(("subject", "error"), [(None, UnauthorizedError), ("other", ForbiddenError)])
def test_only_the_owner_resumes(
    driver: UseCaseDriver, subject: str | None, error: type[SessionError]
) -> None:
    _, session_id = driver.speaking()
    with pytest.raises(error):
        driver.resume(driver.connect(subject), session_id)
    assert driver.session(session_id).generation == 1


def test_an_ended_or_unknown_session_is_refused(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.disconnect(speaker)
    driver.now += UNLIMITED.speaker_grace
    newer = driver.connect("user")
    with pytest.raises(SessionEndedError):
        driver.resume(newer, session_id)
    with pytest.raises(SessionNotFoundError):
        driver.resume(newer, NOWHERE)


def test_a_connection_that_speaks_elsewhere_conflicts(driver: UseCaseDriver) -> None:
    _, first = driver.speaking()
    speaker, _ = driver.speaking()
    with pytest.raises(ConflictError):
        driver.resume(speaker, first)


def test_a_replaced_speaker_may_create_another_session(driver: UseCaseDriver) -> None:
    older, session_id = driver.speaking()
    driver.resume(driver.connect("user"), session_id)
    assert driver.create(older)["generation"] == 1


def test_recovers_a_position(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    driver.replayer.result = Reset()
    reply = driver.resume(driver.connect("user"), session_id, position=Position(epoch="0" * 8, offset=1))
    assert reply["reset"] is True


def test_of_two_that_read_the_same_generation_one_attaches(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    read = driver.session(session_id)
    first, second = driver.connect("user"), driver.connect("user")
    driver.container.sessions.attach(read, connection_id=first, instead_of=None, request=None, now=driver.now)
    with pytest.raises(ConditionFailed) as refused:
        driver.container.sessions.attach(
            read, connection_id=second, instead_of=None, request=None, now=driver.now
        )
    assert refused.value.conditions == {Condition.SESSION}
    assert refused.value.session == driver.session(session_id)
    assert driver.session(session_id).speaker_connection_id == first
