"""createSession: its replies, its errors, and repeats of a request."""

from dataclasses import replace

import pytest

from domain.errors import (
    ConflictError,
    ForbiddenError,
    RateLimitedError,
    SessionEndedError,
    SessionError,
    SessionNotFoundError,
    TokenExpiredError,
    UnauthorizedError,
    UnavailableError,
    UnsupportedLanguageError,
)
from domain.model import Role
from domain.settings import Limits, Settings
from tests.functions.conftest import NewDriver
from tests.support.memory_stores import Memory
from tests.support.session_driver import START, UNLIMITED, UseCaseDriver, new_id


def test_replies_with_the_new_session_and_attaches_its_speaker(driver: UseCaseDriver) -> None:
    speaker = driver.connect("user")
    reply = driver.create(speaker)
    assert reply == {
        "type": "sessionCreated",
        "sessionId": reply["sessionId"],
        "status": "active",
        "sourceLanguage": "en",
        "quality": "standard",
        "version": 1,
        "epoch": reply["epoch"],
        "offset": 0,
        "generation": 1,
        "listeners": 0,
        "maxListeners": 500,
        "createdAt": "2027-01-15T08:00:00Z",
        "expiresAt": "2027-01-16T08:00:00Z",
    }
    connection = driver.container.connections.get(speaker)
    assert connection
    assert connection.attachment
    assert (connection.attachment.role, connection.attachment.generation) == (Role.SPEAKER, 1)
    assert driver.session(reply["sessionId"]).speaker_connection_id == speaker


def test_the_same_subject_and_request_id_get_the_same_session_however_often(driver: UseCaseDriver) -> None:
    speaker = driver.connect(user := new_id("u"))
    first = driver.create(speaker, user, request_id="r")
    assert [driver.create(speaker, user, request_id="r") for _ in range(3)] == [first] * 3
    assert driver.create(driver.connect("other"), "other", request_id="r")["sessionId"] != first["sessionId"]


def test_a_retry_on_another_connection_takes_the_session_over(driver: UseCaseDriver) -> None:
    user = new_id("u")
    first = driver.create(lost := driver.connect(user), user, request_id="r")
    again = driver.create(second := driver.connect(user), user, request_id="r")
    assert again == {**first, "generation": 2, "version": 2}
    assert driver.session(first["sessionId"]).speaker_connection_id == second
    with pytest.raises(ForbiddenError):
        driver.update(lost, quality="premium")


def test_a_retry_takes_over_a_connection_whose_session_has_ended(driver: UseCaseDriver) -> None:
    user = new_id("u")
    reply = driver.create(None, user, request_id="r")
    other = driver.create(speaker := driver.connect(user), user)
    driver.end_as_owner(user, other["sessionId"])
    del reply["graceEndsAt"]
    assert driver.create(speaker, user, request_id="r") == {**reply, "generation": 1, "version": 2}


def test_a_retry_after_the_end_is_refused_as_ended(driver: UseCaseDriver) -> None:
    speaker = driver.connect(user := new_id("u"))
    driver.create(speaker, user, request_id="r")
    driver.end(speaker)
    with pytest.raises(SessionEndedError):
        driver.create(speaker, user, request_id="r")


def test_a_retry_never_gets_a_later_session_with_the_same_id() -> None:
    """Ids come back once their sessions are deleted, while requests are remembered for a day."""
    driver = UseCaseDriver.in_memory(memory=(memory := Memory()))
    session_id = driver.create(driver.connect("user"), request_id="r")["sessionId"]
    memory.sessions[session_id] = replace(driver.session(session_id), owner_id="another")
    with pytest.raises(SessionEndedError):
        driver.create(driver.connect("user"), request_id="r")


def test_a_second_session_on_a_connection_conflicts_until_the_first_has_ended(driver: UseCaseDriver) -> None:
    speaker, first = driver.speaking()
    with pytest.raises(ConflictError):
        driver.create(speaker)
    driver.end(speaker)
    assert driver.create(speaker)["sessionId"] != first


def test_a_listener_cannot_create_on_the_same_connection(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    listener = driver.listening(session_id, "user")
    with pytest.raises(ConflictError):
        driver.create(listener)


@pytest.mark.parametrize(
    ("subject", "language", "error"),
    [(None, "en", UnauthorizedError), ("user", "sv", UnsupportedLanguageError)],
)
def test_refuses(
    driver: UseCaseDriver, subject: str | None, language: str, error: type[SessionError]
) -> None:
    with pytest.raises(error):
        driver.create(driver.connect(subject), subject, source_language=language)


def test_an_expired_token_permits_nothing(driver: UseCaseDriver) -> None:
    speaker = driver.connect("user", token_expires_at=START + 10)
    driver.now += 10
    with pytest.raises(TokenExpiredError):
        driver.create(speaker)


def test_a_connection_without_a_record_cannot_be_attached(driver: UseCaseDriver) -> None:
    with pytest.raises(UnavailableError):
        driver.create(new_id())


def test_a_session_created_over_http_waits_for_its_speaker(driver: UseCaseDriver) -> None:
    reply = driver.create(None)
    assert reply["generation"] == 0
    speaker = driver.connect("user")
    assert driver.resume(speaker, reply["sessionId"])["generation"] == 1


def test_a_session_created_over_http_ends_without_a_speaker(driver: UseCaseDriver) -> None:
    reply = driver.create(None)
    driver.now += UNLIMITED.speaker_grace
    with pytest.raises(SessionEndedError):
        driver.resume(driver.connect("user"), reply["sessionId"])


def test_counts_by_user_and_returns_when_to_retry(new_driver: NewDriver) -> None:
    driver = new_driver(Settings(limits=Limits(sessions_per_hour=2)))
    user = new_id("u")
    for _ in range(2):
        driver.create(driver.connect(user, address=user), user)
    with pytest.raises(RateLimitedError) as refused:
        driver.create(driver.connect(user, address=user), user)
    assert refused.value.retry_after == 3600
    driver.now += 3600
    driver.create(driver.connect(user, address=user), user)


def test_a_retry_is_not_counted_again(new_driver: NewDriver) -> None:
    driver = new_driver(Settings(limits=Limits(sessions_per_hour=1)))
    speaker = driver.connect(user := new_id("u"), address=user)
    first = driver.create(speaker, user, request_id="r")
    assert driver.create(speaker, user, request_id="r") == first


def test_a_retry_on_another_connection_notifies_the_replaced_one(driver: UseCaseDriver) -> None:
    older, newer = driver.connect("user"), driver.connect("user")
    session_id = driver.create(older, request_id="r")["sessionId"]
    reply = driver.create(newer, request_id="r")
    assert (reply["sessionId"], reply["generation"]) == (session_id, 2)
    (push,) = driver.pusher.deliveries
    assert push.connection_id == older
    assert b'"connectionReplaced"' in push.payloads[0]
    with pytest.raises(ForbiddenError):
        driver.end(older)


def test_a_long_id_is_found_only_with_all_of_its_characters(new_driver: NewDriver) -> None:
    driver = new_driver(replace(UNLIMITED, long_session_ids=True))
    _, session_id = driver.speaking(new_id("u"))
    spoken, _, secret = session_id.rpartition("-")
    assert len(secret) == 16
    assert driver.join(driver.connect(), session_id)["sessionId"] == session_id
    for guess in (spoken, f"{spoken}-{secret[::-1]}"):
        with pytest.raises(SessionNotFoundError):
            driver.join(driver.connect(), guess)
