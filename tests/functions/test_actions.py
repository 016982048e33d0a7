"""Each action's outcomes, on the in-memory stores and on DynamoDB alike."""

from dataclasses import replace
from typing import Any

import pytest

from domain.errors import (
    ConflictError,
    ForbiddenError,
    RateLimitedError,
    SessionEndedError,
    SessionError,
    SessionFullError,
    SessionNotFoundError,
    TokenExpiredError,
    UnauthorizedError,
    UnavailableError,
    UnsupportedLanguageError,
)
from domain.model import Change, Position, Replayed, Reset, Role, Status
from domain.ports import Condition, ConditionFailed
from domain.settings import Limits, Settings
from tests.functions.conftest import NewDriver
from tests.support.memory_stores import Memory
from tests.support.session_driver import CLIENT, ISSUER, START, UNLIMITED, UseCaseDriver, new_id

NOWHERE = "brave-otter-100"


class TestCreateSession:
    def test_replies_with_the_new_session_and_attaches_its_speaker(self, driver: UseCaseDriver) -> None:
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

    def test_the_same_subject_and_request_id_get_the_same_session_however_often(
        self, driver: UseCaseDriver
    ) -> None:
        speaker = driver.connect(user := new_id("u"))
        first = driver.create(speaker, user, request_id="r")
        assert [driver.create(speaker, user, request_id="r") for _ in range(3)] == [first] * 3
        assert (
            driver.create(driver.connect("other"), "other", request_id="r")["sessionId"] != first["sessionId"]
        )

    def test_a_repeat_on_another_connection_takes_the_session_over(self, driver: UseCaseDriver) -> None:
        user = new_id("u")
        first = driver.create(lost := driver.connect(user), user, request_id="r")
        again = driver.create(second := driver.connect(user), user, request_id="r")
        assert again == {**first, "generation": 2, "version": 2}
        assert driver.session(first["sessionId"]).speaker_connection_id == second
        with pytest.raises(ForbiddenError):
            driver.update(lost, quality="premium")

    def test_a_repeat_takes_over_a_connection_whose_session_is_over(self, driver: UseCaseDriver) -> None:
        user = new_id("u")
        reply = driver.create(None, user, request_id="r")
        other = driver.create(speaker := driver.connect(user), user)
        driver.container.end_session.as_owner(user, other["sessionId"])
        assert driver.create(speaker, user, request_id="r") == {**reply, "generation": 1, "version": 2}

    def test_a_repeat_after_the_end_says_so(self, driver: UseCaseDriver) -> None:
        speaker = driver.connect(user := new_id("u"))
        driver.create(speaker, user, request_id="r")
        driver.end(speaker)
        with pytest.raises(SessionEndedError):
            driver.create(speaker, user, request_id="r")

    def test_a_repeat_never_gets_a_session_that_took_over_the_id(self) -> None:
        """Ids come back once their sessions are deleted, while requests are remembered for a day."""
        driver = UseCaseDriver.in_memory(memory=(memory := Memory()))
        session_id = driver.create(driver.connect("user"), request_id="r")["sessionId"]
        memory.sessions[session_id] = replace(driver.session(session_id), owner_id="another")
        with pytest.raises(SessionEndedError):
            driver.create(driver.connect("user"), request_id="r")

    def test_a_second_session_on_a_connection_conflicts_until_the_first_is_over(
        self, driver: UseCaseDriver
    ) -> None:
        speaker, first = driver.speaking()
        with pytest.raises(ConflictError):
            driver.create(speaker)
        driver.end(speaker)
        assert driver.create(speaker)["sessionId"] != first

    def test_a_listener_cannot_create_on_the_same_connection(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        listener = driver.listening(session_id, "user")
        with pytest.raises(ConflictError):
            driver.create(listener)

    @pytest.mark.parametrize(
        ("subject", "language", "error"),
        [(None, "en", UnauthorizedError), ("user", "sv", UnsupportedLanguageError)],
    )
    def test_refuses(
        self, driver: UseCaseDriver, subject: str | None, language: str, error: type[SessionError]
    ) -> None:
        with pytest.raises(error):
            driver.create(driver.connect(subject), subject, source_language=language)

    def test_an_expired_token_gives_no_right(self, driver: UseCaseDriver) -> None:
        speaker = driver.connect("user", token_expires_at=START + 10)
        driver.now += 10
        with pytest.raises(TokenExpiredError):
            driver.create(speaker)

    def test_a_connection_without_a_record_cannot_be_attached(self, driver: UseCaseDriver) -> None:
        with pytest.raises(UnavailableError):
            driver.create(new_id())

    def test_a_session_made_over_http_waits_for_its_speaker(self, driver: UseCaseDriver) -> None:
        reply = driver.create(None)
        assert reply["generation"] == 0
        speaker = driver.connect("user")
        assert driver.resume(speaker, reply["sessionId"])["generation"] == 1

    def test_a_session_made_over_http_that_nobody_takes_up_ends(self, driver: UseCaseDriver) -> None:
        reply = driver.create(None)
        driver.now += UNLIMITED.speaker_grace
        with pytest.raises(SessionEndedError):
            driver.resume(driver.connect("user"), reply["sessionId"])

    def test_counts_by_user_and_says_when_to_try_again(self, new_driver: NewDriver) -> None:
        driver = new_driver(Settings(limits=Limits(sessions_per_hour=2)))
        user = new_id("u")
        for _ in range(2):
            driver.create(driver.connect(user, address=user), user)
        with pytest.raises(RateLimitedError) as refused:
            driver.create(driver.connect(user, address=user), user)
        assert refused.value.retry_after == 3600
        driver.now += 3600
        driver.create(driver.connect(user, address=user), user)

    def test_a_repeat_is_not_counted_again(self, new_driver: NewDriver) -> None:
        driver = new_driver(Settings(limits=Limits(sessions_per_hour=1)))
        speaker = driver.connect(user := new_id("u"), address=user)
        first = driver.create(speaker, user, request_id="r")
        assert driver.create(speaker, user, request_id="r") == first


class TestJoinSession:
    def test_replies_with_the_session_and_the_offset_from_which_messages_follow(
        self, driver: UseCaseDriver
    ) -> None:
        _, session_id = driver.speaking()
        reply = driver.join(driver.connect(), session_id)
        assert reply == {
            "type": "sessionJoined",
            "sessionId": session_id,
            "status": "active",
            "sourceLanguage": "en",
            "targetLanguage": "es",
            "quality": "standard",
            "version": 1,
            "epoch": reply["epoch"],
            "offset": 0,
            "replayed": 0,
        }
        assert driver.listener_count(session_id) == 1

    def test_joining_again_counts_once_and_may_change_the_language(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        listener = driver.listening(session_id)
        assert driver.join(listener, session_id)["replayed"] == 0
        assert driver.join(listener, session_id, language="fr")["targetLanguage"] == "fr"
        assert driver.listener_count(session_id) == 1
        (row,) = (
            one
            for shard in range(driver.session(session_id).shards)
            for one in driver.container.listeners.page(session_id, shard).listeners
        )
        assert row.target_language == "fr"

    @pytest.mark.parametrize(
        ("result", "fields"),
        [(Replayed(count=3, more=True), {"replayed": 3, "more": True}), (Reset(), {"reset": True})],
    )
    def test_a_position_is_recovered_before_the_reply(
        self, driver: UseCaseDriver, result: Replayed | Reset, fields: dict[str, Any]
    ) -> None:
        _, session_id = driver.speaking()
        position = Position(epoch="0" * 8, offset=7)
        driver.replayer.result = result
        reply = driver.join(listener := driver.connect(), session_id, position=position)
        assert reply.items() >= fields.items()
        assert driver.replayer.requests == [(listener, position)]

    def test_refuses_a_session_that_does_not_exist(self, driver: UseCaseDriver) -> None:
        with pytest.raises(SessionNotFoundError):
            driver.join(driver.connect(), NOWHERE)

    def test_refuses_a_session_that_has_ended_and_leaves_nothing_behind(self, driver: UseCaseDriver) -> None:
        speaker, session_id = driver.speaking()
        driver.end(speaker)
        listener = driver.connect()
        with pytest.raises(SessionEndedError):
            driver.join(listener, session_id)
        assert driver.listener_ids(session_id) == []
        _, other = driver.speaking()
        driver.join(listener, other)

    def test_what_was_missed_is_recovered_after_the_end_by_nobody_who_joins(
        self, driver: UseCaseDriver
    ) -> None:
        speaker, session_id = driver.speaking()
        driver.end(speaker)
        driver.replayer.result = Replayed(count=2, more=True)
        listener, position = driver.connect(), Position(epoch="0" * 8, offset=7)
        reply = driver.join(listener, session_id, position=position)
        expected = {
            "type": "sessionJoined",
            "status": "ended",
            "endReason": "ended",
            "replayed": 2,
            "more": True,
        }
        assert reply.items() >= expected.items()
        assert driver.replayer.requests == [(listener, position)]
        assert (driver.listener_ids(session_id), driver.listener_count(session_id)) == ([], 0)
        assert "ListenersJoined" not in driver.recorder.counts
        connection = driver.container.connections.get(listener)
        assert connection
        assert connection.attachment is None
        driver.now += UNLIMITED.ended_retention
        with pytest.raises(SessionNotFoundError):
            driver.join(listener, session_id, position=position)

    def test_so_does_a_listener_who_was_there_and_stays_one_of_it(self, driver: UseCaseDriver) -> None:
        speaker, session_id = driver.speaking()
        listener, position = driver.listening(session_id), Position(epoch="0" * 8, offset=7)
        driver.end(speaker)
        for _ in range(2):
            assert driver.join(listener, session_id, position=position)["status"] == "ended"
        assert driver.listener_ids(session_id) == [listener]

    def test_a_session_that_was_full_at_its_end_is_recovered_too(self, new_driver: NewDriver) -> None:
        driver = new_driver(replace(UNLIMITED, max_listeners=1))
        speaker, session_id = driver.speaking()
        listener = driver.listening(session_id)
        driver.end(speaker)
        position = Position(epoch="0" * 8, offset=7)
        assert driver.join(driver.connect(), session_id, position=position)["status"] == "ended"
        assert driver.listener_ids(session_id) == [listener]

    def test_an_end_that_nobody_marked_yet_is_told_with_its_reason(self, driver: UseCaseDriver) -> None:
        speaker, session_id = driver.speaking()
        driver.disconnect(speaker)
        driver.now += UNLIMITED.speaker_grace
        reply = driver.join(driver.connect(), session_id, position=Position(epoch="0" * 8, offset=7))
        assert (reply["status"], reply["endReason"]) == ("ended", "speakerGone")

    @pytest.mark.parametrize("limits", [Limits(joins_per_minute=2), Limits(requests_per_minute=2)])
    def test_replays_after_the_end_are_counted(self, new_driver: NewDriver, limits: Limits) -> None:
        driver = new_driver(Settings(limits=limits))
        speaker, session_id = driver.speaking(new_id("u"))
        driver.end(speaker)
        position, address, listener = Position(epoch="0" * 8, offset=7), new_id("a"), driver.connect()
        for _ in range(2):
            driver.join(listener, session_id, position=position, address=address)
        with pytest.raises(RateLimitedError):
            driver.join(listener, session_id, position=position, address=address)

    @pytest.mark.parametrize("seconds", [UNLIMITED.session_lifetime, UNLIMITED.session_lifetime + 3600])
    def test_expiry_holds_without_the_clock_that_marks_it(self, driver: UseCaseDriver, seconds: int) -> None:
        _, session_id = driver.speaking()
        driver.now += seconds
        with pytest.raises((SessionEndedError, SessionNotFoundError)):
            driver.join(driver.connect(), session_id)

    def test_capacity_is_filled_in_every_shard_and_never_passed(self, new_driver: NewDriver) -> None:
        driver = new_driver(replace(UNLIMITED, max_listeners=7, listeners_per_shard=3))
        _, session_id = driver.speaking()
        assert driver.session(session_id).shards == 3
        listeners = [driver.listening(session_id) for _ in range(7)]
        with pytest.raises(SessionFullError) as refused:
            driver.join(driver.connect(), session_id)
        assert refused.value.retry_after
        driver.leave(listeners[0])
        driver.listening(session_id)
        assert driver.listener_count(session_id) == 7 == len(driver.listener_ids(session_id))

    def test_a_session_of_fewer_shards_than_the_present_setting_is_joined(
        self, new_driver: NewDriver
    ) -> None:
        driver = new_driver(replace(UNLIMITED, max_listeners=50))
        _, session_id = driver.speaking()
        driver.redeploy(UNLIMITED)
        for _ in range(5):
            driver.listening(session_id)
        assert driver.listener_count(session_id) == 5

    def test_a_connection_joins_one_session_at_a_time(self, driver: UseCaseDriver) -> None:
        speaker, first = driver.speaking()
        _, second = driver.speaking()
        listener = driver.listening(first)
        with pytest.raises(ConflictError):
            driver.join(listener, second)
        driver.end(speaker)
        driver.join(listener, second)
        assert driver.listener_ids(second) == [listener]

    def test_a_speaker_does_not_listen_on_the_same_connection(self, driver: UseCaseDriver) -> None:
        speaker, session_id = driver.speaking()
        with pytest.raises(ConflictError):
            driver.join(speaker, session_id)

    def test_an_expired_token_gives_no_right_to_join_nor_to_recover(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        listener = driver.connect("listener", token_expires_at=START + 10)
        driver.join(listener, session_id)
        driver.now += 10
        with pytest.raises(TokenExpiredError):
            driver.join(listener, session_id)

    def test_refuses_an_unsupported_language(self, driver: UseCaseDriver) -> None:
        with pytest.raises(UnsupportedLanguageError, match="allowed are en, es"):
            driver.join(driver.connect(), NOWHERE, language="sv")

    def test_counts_by_address_also_the_tries_at_ids_that_do_not_exist(self, new_driver: NewDriver) -> None:
        driver = new_driver(Settings(limits=Limits(joins_per_minute=3)))
        address = new_id("a")
        for _ in range(3):
            with pytest.raises(SessionNotFoundError):
                driver.join(driver.connect(), NOWHERE, address=address)
        with pytest.raises(RateLimitedError):
            driver.join(driver.connect(), NOWHERE, address=address)

    def test_a_join_counts_once_also_where_its_first_shard_is_full(self, new_driver: NewDriver) -> None:
        driver = new_driver(
            Settings(limits=Limits(joins_per_minute=6), max_listeners=6, listeners_per_shard=1)
        )
        _, session_id = driver.speaking()
        address = new_id("a")
        for _ in range(6):
            driver.join(driver.connect(), session_id, address=address)
        assert driver.listener_count(session_id) == 6

    def test_a_listener_whose_recovery_fails_still_listens(self) -> None:
        driver = UseCaseDriver.in_memory(memory=(memory := Memory()))
        _, session_id = driver.speaking()
        listener = driver.listening(session_id)

        def fail(call: str) -> None:
            if call == "sessions.get":
                raise UnavailableError

        memory.before = fail
        with pytest.raises(UnavailableError):
            driver.join(listener, session_id)
        memory.before = lambda _: None
        assert driver.listener_ids(session_id) == [listener]

    def test_replays_on_one_connection_are_counted(self, new_driver: NewDriver) -> None:
        driver = new_driver(Settings(limits=Limits(requests_per_minute=2)))
        _, session_id = driver.speaking()
        listener = driver.listening(session_id)
        position = Position(epoch=driver.session(session_id).epoch, offset=0)
        for _ in range(2):
            driver.join(listener, session_id, position=position)
        with pytest.raises(RateLimitedError) as refused:
            driver.join(listener, session_id, position=position)
        assert refused.value.retry_after
        assert driver.listener_ids(session_id) == [listener]


class TestLeaveSession:
    def test_a_listener_is_counted_no_more_and_may_join_another(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        listener = driver.listening(session_id)
        assert driver.leave(listener) == {"type": "sessionLeft", "sessionId": session_id}
        assert driver.listener_count(session_id) == 0
        assert driver.leave(listener) == {"type": "sessionLeft", "sessionId": session_id}
        driver.join(listener, driver.speaking()[1])

    def test_a_late_repeat_does_not_leave_what_was_joined_since(self, driver: UseCaseDriver) -> None:
        _, first = driver.speaking()
        _, second = driver.speaking()
        listener = driver.listening(first)
        driver.leave(listener, request_id="r")
        driver.join(listener, second)
        assert driver.leave(listener, request_id="r")["sessionId"] == first
        assert driver.listener_ids(second) == [listener]

    def test_a_speaker_that_leaves_starts_the_grace(self, driver: UseCaseDriver) -> None:
        speaker, session_id = driver.speaking()
        driver.leave(speaker)
        session = driver.session(session_id)
        assert (session.speaker_connection_id, session.grace_until) == (None, START + 300)
        assert driver.resume(speaker, session_id)["generation"] == 2

    def test_without_an_attachment_there_is_nothing_to_leave(self, driver: UseCaseDriver) -> None:
        with pytest.raises(SessionNotFoundError):
            driver.leave(driver.connect())


class TestGetSession:
    def test_shows_the_session_of_the_connection_or_of_the_id(self, driver: UseCaseDriver) -> None:
        speaker, session_id = driver.speaking()
        listener = driver.listening(session_id)
        shown = driver.get(speaker)
        assert (shown["sessionId"], shown["role"], shown["listeners"]) == (session_id, "speaker", 1)
        assert driver.get(listener)["role"] == "listener"
        stranger = driver.get(driver.connect(), session_id)
        assert "role" not in stranger
        assert "generation" not in stranger

    def test_a_replaced_speaker_has_no_role(self, driver: UseCaseDriver) -> None:
        speaker, session_id = driver.speaking()
        driver.resume(driver.connect("user"), session_id)
        assert "role" not in driver.get(speaker, session_id)

    def test_a_session_that_is_over_is_shown_as_such_while_it_is_kept(self, driver: UseCaseDriver) -> None:
        speaker, _ = driver.speaking()
        driver.end(speaker)
        assert driver.get(speaker)["status"] == "ended"
        driver.now += UNLIMITED.ended_retention
        with pytest.raises(SessionNotFoundError):
            driver.get(speaker)

    def test_needs_an_attachment_or_an_id(self, driver: UseCaseDriver) -> None:
        with pytest.raises(SessionNotFoundError):
            driver.get(driver.connect())

    def test_counts_the_requests_of_a_connection(self, new_driver: NewDriver) -> None:
        driver = new_driver(Settings(limits=Limits(requests_per_minute=2)))
        speaker = driver.connect(user := new_id("u"), address=user)
        driver.create(speaker, user)
        for _ in range(2):
            driver.get(speaker)
        with pytest.raises(RateLimitedError):
            driver.get(speaker)


class TestTakeoverByCreateSession:
    def test_a_repeat_on_another_connection_notifies_the_replaced_one(self, driver: UseCaseDriver) -> None:
        older, newer = driver.connect("user"), driver.connect("user")
        session_id = driver.create(older, request_id="r")["sessionId"]
        reply = driver.create(newer, request_id="r")
        assert (reply["sessionId"], reply["generation"]) == (session_id, 2)
        (push,) = driver.pusher.deliveries
        assert push.connection_id == older
        assert b'"connectionReplaced"' in push.payloads[0]
        with pytest.raises(ForbiddenError):
            driver.end(older)


class TestResumeSession:
    def test_raises_the_generation_and_tells_the_older_connection(self, driver: UseCaseDriver) -> None:
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

    def test_ends_the_grace(self, driver: UseCaseDriver) -> None:
        speaker, session_id = driver.speaking()
        driver.disconnect(speaker)
        assert driver.session(session_id).grace_until == START + 300
        driver.now += 299
        driver.resume(driver.connect("user"), session_id)
        assert driver.session(session_id).grace_until is None

    def test_is_idempotent_on_the_connection_that_speaks(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        newer = driver.connect("user")
        first = driver.resume(newer, session_id, request_id="r")
        assert driver.resume(newer, session_id, request_id="r") == first
        assert driver.resume(newer, session_id) == first

    def test_a_late_repeat_does_not_take_the_session_back(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        second, third = driver.connect("user"), driver.connect("user")
        driver.resume(second, session_id, request_id="r")
        driver.resume(third, session_id)
        with pytest.raises(ConflictError):
            driver.resume(second, session_id, request_id="r")
        assert driver.session(session_id).generation == 3
        assert driver.resume(second, session_id, request_id="s")["generation"] == 4

    def test_is_refused_if_a_later_generation_than_the_named_one_exists(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        driver.resume(driver.connect("user"), session_id)
        with pytest.raises(ConflictError):
            driver.resume(driver.connect("user"), session_id, generation=1, request_id="r")
        assert driver.session(session_id).generation == 2
        assert driver.resume(driver.connect("user"), session_id, generation=2)["generation"] == 3
        assert driver.resume(driver.connect("user"), session_id)["generation"] == 4

    def test_recognises_the_clients_own_resume_whose_reply_was_lost(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        driver.resume(driver.connect("user"), session_id, generation=1, request_id="r")
        again = driver.resume(driver.connect("user"), session_id, generation=1, request_id="r")
        assert again["generation"] == 3
        driver.resume(driver.connect("user"), session_id)
        with pytest.raises(ConflictError):
            driver.resume(driver.connect("user"), session_id, generation=1, request_id="r")

    @pytest.mark.parametrize(("subject", "error"), [(None, UnauthorizedError), ("other", ForbiddenError)])
    def test_only_the_owner_resumes(
        self, driver: UseCaseDriver, subject: str | None, error: type[SessionError]
    ) -> None:
        _, session_id = driver.speaking()
        with pytest.raises(error):
            driver.resume(driver.connect(subject), session_id)
        assert driver.session(session_id).generation == 1

    def test_refuses_what_is_over_or_never_was(self, driver: UseCaseDriver) -> None:
        speaker, session_id = driver.speaking()
        driver.disconnect(speaker)
        driver.now += UNLIMITED.speaker_grace
        newer = driver.connect("user")
        with pytest.raises(SessionEndedError):
            driver.resume(newer, session_id)
        with pytest.raises(SessionNotFoundError):
            driver.resume(newer, NOWHERE)

    def test_a_connection_that_speaks_elsewhere_conflicts(self, driver: UseCaseDriver) -> None:
        _, first = driver.speaking()
        speaker, _ = driver.speaking()
        with pytest.raises(ConflictError):
            driver.resume(speaker, first)

    def test_a_replaced_speaker_may_take_up_another_session(self, driver: UseCaseDriver) -> None:
        older, session_id = driver.speaking()
        driver.resume(driver.connect("user"), session_id)
        assert driver.create(older)["generation"] == 1

    def test_recovers_a_position(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        driver.replayer.result = Reset()
        reply = driver.resume(driver.connect("user"), session_id, position=Position(epoch="0" * 8, offset=1))
        assert reply["reset"] is True

    def test_of_two_that_read_the_same_generation_one_attaches(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        read = driver.session(session_id)
        first, second = driver.connect("user"), driver.connect("user")
        driver.container.sessions.attach(
            read, connection_id=first, instead_of=None, request=None, now=driver.now
        )
        with pytest.raises(ConditionFailed) as refused:
            driver.container.sessions.attach(
                read, connection_id=second, instead_of=None, request=None, now=driver.now
            )
        assert refused.value.conditions == {Condition.SESSION}
        assert refused.value.session == driver.session(session_id)
        assert driver.session(session_id).speaker_connection_id == first


class TestUpdateSession:
    def test_changes_what_it_names_and_tells_everyone_else(self, driver: UseCaseDriver) -> None:
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

    def test_a_late_repeat_changes_nothing_back(self, driver: UseCaseDriver) -> None:
        speaker, _ = driver.speaking()
        driver.update(speaker, status=Status.PAUSED, request_id="r")
        driver.update(speaker, status=Status.ACTIVE, request_id="s")
        assert driver.update(speaker, status=Status.PAUSED, request_id="r")["status"] == "active"

    def test_only_the_speaker_may(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        for connection_id in (driver.listening(session_id, "user"), driver.connect("user")):
            with pytest.raises(ForbiddenError):
                driver.update(connection_id, quality="premium")

    def test_a_session_that_is_over_stays_as_it_is(self, driver: UseCaseDriver) -> None:
        speaker, _ = driver.speaking()
        driver.end(speaker)
        with pytest.raises(SessionEndedError):
            driver.update(speaker, quality="premium")

    def test_the_owner_may_without_a_connection(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        change = Change(quality="premium")
        assert driver.container.update_session.as_owner("user", session_id, change)["quality"] == "premium"
        assert driver.broadcaster.broadcasts[-1][2] is None
        with pytest.raises(ForbiddenError):
            driver.container.update_session.as_owner("other", session_id, change)
        with pytest.raises(SessionNotFoundError):
            driver.container.update_session.as_owner("user", NOWHERE, change)


class TestEndSession:
    def test_ends_once_and_tells_everyone_else_once(self, driver: UseCaseDriver) -> None:
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

    def test_the_owner_ends_without_a_connection(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        with pytest.raises(ForbiddenError):
            driver.container.end_session.as_owner("other", session_id)
        first = driver.container.end_session.as_owner("user", session_id)
        assert driver.container.end_session.as_owner("user", session_id) == first
        with pytest.raises(ForbiddenError):
            driver.container.end_session.as_owner("other", session_id)

    @pytest.mark.parametrize(
        ("detach", "seconds", "reason"),
        [(True, UNLIMITED.speaker_grace, "speakerGone"), (False, UNLIMITED.session_lifetime, "expired")],
    )
    def test_the_clock_ends_what_has_run_out(
        self, driver: UseCaseDriver, detach: bool, seconds: int, reason: str
    ) -> None:
        speaker, session_id = driver.speaking()
        if detach:
            driver.disconnect(speaker)
        driver.now += seconds - 1
        driver.container.end_session.end_if_due(driver.session(session_id))
        assert driver.broadcaster.broadcasts == []
        driver.now += 1
        for _ in range(2):
            driver.container.end_session.end_if_due(driver.session(session_id))
        assert [push["reason"] for _, push, _ in driver.broadcaster.broadcasts] == [reason, reason]
        assert driver.session(session_id).status is Status.ENDED


class TestDisconnect:
    def test_a_listener_is_counted_no_more_however_often_it_is_told(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        listener, other = driver.listening(session_id), driver.listening(session_id)
        for _ in range(3):
            driver.disconnect(listener)
        assert driver.listener_count(session_id) == 1
        assert driver.listener_ids(session_id) == [other]
        assert driver.container.connections.get(listener) is None

    def test_a_late_disconnect_of_a_replaced_speaker_changes_nothing(self, driver: UseCaseDriver) -> None:
        older, session_id = driver.speaking()
        newer = driver.connect("user")
        driver.resume(newer, session_id)
        driver.disconnect(older)
        session = driver.session(session_id)
        assert (session.speaker_connection_id, session.grace_until, session.generation) == (newer, None, 2)
        assert driver.container.connections.get(older) is None

    def test_a_stale_record_of_a_replaced_speaker_is_forgotten(self, driver: UseCaseDriver) -> None:
        older, session_id = driver.speaking()
        session = driver.session(session_id)
        newer = driver.connect("user")
        driver.container.sessions.attach(
            session, connection_id=newer, instead_of=None, request=None, now=driver.now
        )
        driver.disconnect(older)
        assert driver.container.connections.get(older) is None
        assert driver.session(session_id).speaker_connection_id == newer

    def test_a_connection_of_a_session_that_is_over_goes_all_the_same(self, driver: UseCaseDriver) -> None:
        speaker, session_id = driver.speaking()
        listener = driver.listening(session_id)
        driver.end(speaker)
        for connection_id in (speaker, listener, new_id()):
            driver.disconnect(connection_id)
            assert driver.container.connections.get(connection_id) is None
        assert driver.session(session_id).grace_until is None

    def test_a_row_that_is_gone_does_not_keep_its_connection(self, driver: UseCaseDriver) -> None:
        _, session_id = driver.speaking()
        listener = driver.listening(session_id)
        attachment = (driver.container.connections.get(listener) or pytest.fail("no record")).attachment
        assert attachment
        driver.container.listeners.drop(connection_id=listener, session_id=session_id, shard=attachment.shard)
        driver.disconnect(listener)
        assert driver.container.connections.get(listener) is None
        assert driver.listener_count(session_id) == 0


class TestConnect:
    def test_counts_by_address(self, new_driver: NewDriver) -> None:
        driver = new_driver(Settings(limits=Limits(connects_per_minute=2)))
        address = new_id("a")
        for _ in range(2):
            driver.connect(address=address)
        with pytest.raises(RateLimitedError):
            driver.connect(address=address)
        driver.now += 60
        driver.connect(address=address)


class TestRefreshToken:
    @staticmethod
    def token(driver: UseCaseDriver, subject: str, expires_at: int) -> str:
        claims = {"iss": ISSUER, "sub": subject, "exp": expires_at, "token_use": "id", "aud": CLIENT}
        driver.token_verifier.known["token"] = claims
        return "token"

    def test_rights_last_as_long_as_the_newer_token(self, driver: UseCaseDriver) -> None:
        speaker = driver.connect("user", token_expires_at=START + 10)
        driver.create(speaker)
        driver.now += 20
        with pytest.raises(TokenExpiredError):
            driver.update(speaker, quality="premium")
        reply = driver.refresh(speaker, self.token(driver, "user", START + 3600))
        assert reply == {"type": "tokenRefreshed", "expiresAt": "2027-01-15T09:00:00Z"}
        driver.update(speaker, quality="premium")

    @pytest.mark.parametrize("subject", ["other", None])
    def test_a_connection_never_changes_hands(self, driver: UseCaseDriver, subject: str | None) -> None:
        connection_id = driver.connect(subject)
        with pytest.raises(ForbiddenError):
            driver.refresh(connection_id, self.token(driver, "user", START + 3600))

    def test_an_expired_token_is_refused(self, driver: UseCaseDriver) -> None:
        with pytest.raises(TokenExpiredError):
            driver.refresh(driver.connect("user"), self.token(driver, "user", START))
