"""publish: one offset for each message, also under concurrent publishes, and who may publish."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidMessageError,
    PayloadTooLargeError,
    RateLimitedError,
    SessionEndedError,
    TokenExpiredError,
    UnsupportedLanguageError,
)
from domain.model import Change, SpeakerAuthority, Status
from domain.settings import Limits
from tests.support.dynamodb_faults import Fault, watched
from tests.support.publish_driver import PublishDriver
from tests.support.session_driver import START

pytestmark = pytest.mark.emulator


def test_messages_get_the_next_offset_and_reach_every_listener(publish_driver: PublishDriver) -> None:
    speaker, session_id = publish_driver.speaking()
    listeners = [publish_driver.join_listener(session_id)[0] for _ in range(7)]
    for number in range(1, 4):
        reply = publish_driver.publish(speaker, f"m{number}")
        assert reply == {"type": "published", "sessionId": session_id, "offset": number}
    for listener in listeners:
        assert publish_driver.heard(listener) == [(1, "m1"), (2, "m2"), (3, "m3")]
    push = publish_driver.api.pushes(listeners[0])[0]
    assert (push["contentType"], push["encoding"]) == ("text/plain", "utf8")
    assert push["publishedAt"] == "2027-01-15T08:00:00Z"


def test_two_instances_share_the_offsets(publish_driver: PublishDriver) -> None:
    """What one remembers of the head is outdated by the other's publish, and put right by the refusal."""
    speaker, session_id = publish_driver.speaking()
    other = publish_driver.with_settings()
    listener, _ = publish_driver.join_listener(session_id)
    for number in range(6):
        (publish_driver if number % 2 else other).publish(speaker, str(number))
    other.close()
    assert [offset for offset, _ in publish_driver.heard(listener)] == [1, 2, 3, 4, 5, 6]


def test_concurrent_publishes_leave_no_offset_out(publish_driver: PublishDriver) -> None:
    speaker, session_id = publish_driver.speaking()
    stages = [publish_driver.with_settings() for _ in range(4)]
    listener, _ = publish_driver.join_listener(session_id)

    def publish(one: PublishDriver) -> list[int]:
        return [one.publish(speaker, "x")["offset"] for _ in range(5)]

    with ThreadPoolExecutor(len(stages)) as pool:
        offsets = [offset for some in pool.map(publish, stages) for offset in some]
    for one in stages:
        one.close()
    assert sorted(offsets) == list(range(1, 21))
    assert sorted(offset for offset, _ in publish_driver.heard(listener)) == list(range(1, 21))


def test_languages_that_are_not_targets_get_the_offset_alone(publish_driver: PublishDriver) -> None:
    speaker, session_id = publish_driver.speaking()
    spanish, french = (
        publish_driver.join_listener(session_id, "es")[0],
        publish_driver.join_listener(session_id, "fr")[0],
    )
    publish_driver.publish(speaker, "hola", targetLanguages=["es"])
    assert publish_driver.heard(spanish) == [(1, "hola")]
    assert publish_driver.heard(french) == [(1, None)]
    assert publish_driver.api.pushes(french)[0]["skipped"] is True


def test_binary_data_goes_as_base64(publish_driver: PublishDriver) -> None:
    speaker, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    data = base64.b64encode(bytes(range(256))).decode()
    publish_driver.publish(speaker, data, encoding="base64", contentType="audio/ogg")
    push = publish_driver.api.pushes(listener)[0]
    assert (push["data"], push["encoding"], push["contentType"]) == (data, "base64", "audio/ogg")


@pytest.mark.parametrize("data", ["%%%%", "abc", "a b=", "é==="])
def test_invalid_base64_is_refused(publish_driver: PublishDriver, data: str) -> None:
    speaker, _ = publish_driver.speaking()
    with pytest.raises(InvalidMessageError):
        publish_driver.publish(speaker, data, encoding="base64")


@pytest.mark.parametrize("character", ["x", "é", '"', "😀"])
def test_what_fits_one_frame_is_sent_and_a_byte_more_is_refused(
    publish_driver: PublishDriver, character: str
) -> None:
    """The size is the push's, in bytes, with JSON's escapes."""
    speaker, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    publish_driver.publish(speaker, "")
    room = 32_768 - len(publish_driver.api.posted(listener)[0].body) - len("9007199254740991") + len("1")
    width = 2 if character == '"' else len(character.encode())
    fits = character * (room // width) + "x" * (room % width)
    publish_driver.publish(speaker, fits)
    assert len(publish_driver.api.posted(listener)[1].body) <= 32_768
    with pytest.raises(PayloadTooLargeError):
        publish_driver.publish(speaker, fits + "x")


def test_a_repeated_request_keeps_its_offset_and_is_sent_again(publish_driver: PublishDriver) -> None:
    """The first may have been cut off between the log and the listeners."""
    speaker, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    first = publish_driver.publish(speaker, "once", request_id="r1")
    publish_driver.publish(speaker, "between", request_id="r2")
    assert publish_driver.publish(speaker, "once", request_id="r1") == first
    assert publish_driver.heard(listener) == [(1, "once"), (2, "between"), (1, "once")]
    assert publish_driver.publish(speaker, "next")["offset"] == 3


@pytest.mark.parametrize("is_warm", [True, False], ids=["warm", "cold"])
def test_a_repeated_request_keeps_its_reply_after_its_session_was_paused_or_ended(
    publish_driver: PublishDriver, is_warm: bool
) -> None:
    """Its reply may have been lost just before. A new request is refused all the same."""
    speaker, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    first = publish_driver.publish(speaker, "once", request_id="r1")
    by = SpeakerAuthority(connection_id=speaker, generation=1)
    publish_driver.container.sessions.update(
        session_id, Change(status=Status.PAUSED), by=by, request=None, now=publish_driver.now
    )
    if not is_warm:
        publish_driver.restart()
    assert publish_driver.publish(speaker, "once", request_id="r1") == first
    assert publish_driver.heard(listener) == [(1, "once"), (1, "once")]
    with pytest.raises(ConflictError):
        publish_driver.publish(speaker, "new", request_id="r2")
    publish_driver.mark_ended(session_id, by)
    assert publish_driver.publish(speaker, "once", request_id="r1") == first
    assert publish_driver.heard(listener) == [(1, "once"), (1, "once")]
    with pytest.raises(SessionEndedError):
        publish_driver.publish(speaker, "new", request_id="r2")


def test_a_message_whose_write_is_still_in_progress_is_logged_once(publish_driver: PublishDriver) -> None:
    """Also without a requestId: the second try of the write is the same transaction to DynamoDB."""
    speaker, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    publish_driver.publish(speaker, "before")
    with watched(failing=0, fault=Fault.IN_PROGRESS) as calls:
        assert publish_driver.publish(speaker, "once")["offset"] == 2
    assert calls.met
    assert publish_driver.publish(speaker, "after")["offset"] == 3
    assert publish_driver.heard(listener) == [(1, "before"), (2, "once"), (3, "after")]


def test_a_session_has_a_rate_of_its_own(publish_driver: PublishDriver) -> None:
    limited = publish_driver.with_settings(limits=Limits(messages_per_minute=3))
    speaker, _ = limited.speaking()
    limited.now = START + 20
    for _ in range(3):
        limited.publish(speaker, "x")
    with pytest.raises(RateLimitedError) as refused:
        limited.publish(speaker, "x")
    assert refused.value.retry_after == 40
    limited.restart()
    with pytest.raises(RateLimitedError):
        limited.publish(speaker, "x")
    limited.now += 40
    assert limited.publish(speaker, "x")["offset"] == 4
    limited.close()


def test_only_the_speaker_publishes(publish_driver: PublishDriver) -> None:
    _, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    for connection_id in (listener, publish_driver.connect("someone")):
        with pytest.raises(ForbiddenError):
            publish_driver.publish(connection_id, "x")


def test_a_replaced_speaker_loses_its_permissions_at_once(publish_driver: PublishDriver) -> None:
    """Also on an instance that remembers it as the speaker."""
    speaker, session_id = publish_driver.speaking()
    publish_driver.publish(speaker, "x")
    session = publish_driver.container.sessions.get(session_id)
    assert session is not None
    newer = publish_driver.connect("user")
    publish_driver.container.sessions.attach(
        session, connection_id=newer, instead_of=None, request=None, now=publish_driver.now
    )
    with pytest.raises(ForbiddenError):
        publish_driver.publish(speaker, "x")
    assert publish_driver.publish(newer, "x")["offset"] == 2


def test_a_paused_or_ended_session_refuses_messages(publish_driver: PublishDriver) -> None:
    speaker, session_id = publish_driver.speaking()
    publish_driver.publish(speaker, "x")
    by = SpeakerAuthority(connection_id=speaker, generation=1)
    for status, offset in ((Status.PAUSED, None), (Status.ACTIVE, 2)):
        publish_driver.container.sessions.update(
            session_id, Change(status=status), by=by, request=None, now=publish_driver.now
        )
        if offset is None:
            with pytest.raises(ConflictError):
                publish_driver.publish(speaker, "x")
        else:
            assert publish_driver.publish(speaker, "x")["offset"] == offset
    publish_driver.mark_ended(session_id, by)
    with pytest.raises(SessionEndedError):
        publish_driver.publish(speaker, "x")


def test_a_speaker_creates_a_new_session_on_the_same_connection(publish_driver: PublishDriver) -> None:
    """What was remembered of the first session is no reason to refuse the second."""
    speaker, session_id = publish_driver.speaking()
    publish_driver.publish(speaker, "x")
    by = SpeakerAuthority(connection_id=speaker, generation=1)
    publish_driver.mark_ended(session_id, by)
    second = publish_driver.create(speaker)["sessionId"]
    assert publish_driver.publish(speaker, "x") == {"type": "published", "sessionId": second, "offset": 1}


def test_permissions_end_with_the_token_and_return_with_a_newer_one(publish_driver: PublishDriver) -> None:
    speaker = publish_driver.connect("user", token_expires_at=START + 60)
    publish_driver.create(speaker)
    publish_driver.publish(speaker, "x")
    publish_driver.now = START + 60
    with pytest.raises(TokenExpiredError):
        publish_driver.publish(speaker, "x")
    publish_driver.container.connections.set_token(
        speaker, subject="user", expires_at=START + 600, due_at=START + 300
    )
    assert publish_driver.publish(speaker, "x")["offset"] == 2


def test_unsupported_target_languages_are_refused(publish_driver: PublishDriver) -> None:
    speaker, _ = publish_driver.speaking()
    with pytest.raises(UnsupportedLanguageError):
        publish_driver.publish(speaker, "x", targetLanguages=["es", "cy"])
