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
from domain.ports import Part, Refused
from domain.settings import Limits, Settings
from tests.functions.conftest import Worlds
from tests.functions.memory import Memory
from tests.functions.world import CLIENT, ISSUER, START, UNLIMITED, World, new_id

NOWHERE = "brave-otter-100"


class TestCreateSession:
    def test_replies_with_the_new_session_and_attaches_its_speaker(self, world: World) -> None:
        speaker = world.connect("user")
        reply = world.create(speaker)
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
        connection = world.connections.get(speaker)
        assert connection
        assert connection.attachment
        assert (connection.attachment.role, connection.attachment.generation) == (Role.SPEAKER, 1)
        assert world.session(reply["sessionId"]).speaker_connection_id == speaker

    def test_the_same_subject_and_request_id_get_the_same_session_however_often(self, world: World) -> None:
        speaker = world.connect(user := new_id("u"))
        first = world.create(speaker, user, request_id="r")
        assert [world.create(speaker, user, request_id="r") for _ in range(3)] == [first] * 3
        assert (
            world.create(world.connect("other"), "other", request_id="r")["sessionId"] != first["sessionId"]
        )

    def test_a_repeat_on_another_connection_takes_the_session_over(self, world: World) -> None:
        user = new_id("u")
        first = world.create(lost := world.connect(user), user, request_id="r")
        again = world.create(second := world.connect(user), user, request_id="r")
        assert again == {**first, "generation": 2, "version": 2}
        assert world.session(first["sessionId"]).speaker_connection_id == second
        with pytest.raises(ForbiddenError):
            world.update(lost, quality="premium")

    def test_a_repeat_takes_over_a_connection_whose_session_is_over(self, world: World) -> None:
        user = new_id("u")
        reply = world.create(None, user, request_id="r")
        other = world.create(speaker := world.connect(user), user)
        world.ending.as_owner(user, other["sessionId"])
        assert world.create(speaker, user, request_id="r") == {**reply, "generation": 1, "version": 2}

    def test_a_repeat_after_the_end_says_so(self, world: World) -> None:
        speaker = world.connect(user := new_id("u"))
        world.create(speaker, user, request_id="r")
        world.end(speaker)
        with pytest.raises(SessionEndedError):
            world.create(speaker, user, request_id="r")

    def test_a_repeat_never_gets_a_session_that_took_over_the_id(self) -> None:
        """Ids come back once their sessions are deleted, while requests are remembered for a day."""
        world = World.in_memory(memory=(memory := Memory()))
        session_id = world.create(world.connect("user"), request_id="r")["sessionId"]
        memory.sessions[session_id] = replace(world.session(session_id), owner_id="another")
        with pytest.raises(SessionEndedError):
            world.create(world.connect("user"), request_id="r")

    def test_a_second_session_on_a_connection_conflicts_until_the_first_is_over(self, world: World) -> None:
        speaker, first = world.speaking()
        with pytest.raises(ConflictError):
            world.create(speaker)
        world.end(speaker)
        assert world.create(speaker)["sessionId"] != first

    def test_a_listener_cannot_create_on_the_same_connection(self, world: World) -> None:
        _, session_id = world.speaking()
        listener = world.listening(session_id, "user")
        with pytest.raises(ConflictError):
            world.create(listener)

    @pytest.mark.parametrize(
        ("subject", "language", "error"),
        [(None, "en", UnauthorizedError), ("user", "sv", UnsupportedLanguageError)],
    )
    def test_refuses(
        self, world: World, subject: str | None, language: str, error: type[SessionError]
    ) -> None:
        with pytest.raises(error):
            world.create(world.connect(subject), subject, source_language=language)

    def test_an_expired_token_gives_no_right(self, world: World) -> None:
        speaker = world.connect("user", token_expires_at=START + 10)
        world.now += 10
        with pytest.raises(TokenExpiredError):
            world.create(speaker)

    def test_a_connection_without_a_record_cannot_be_attached(self, world: World) -> None:
        with pytest.raises(UnavailableError):
            world.create(new_id())

    def test_a_session_made_over_http_waits_for_its_speaker(self, world: World) -> None:
        reply = world.create(None)
        assert reply["generation"] == 0
        speaker = world.connect("user")
        assert world.resume(speaker, reply["sessionId"])["generation"] == 1

    def test_a_session_made_over_http_that_nobody_takes_up_ends(self, world: World) -> None:
        reply = world.create(None)
        world.now += UNLIMITED.speaker_grace
        with pytest.raises(SessionEndedError):
            world.resume(world.connect("user"), reply["sessionId"])

    def test_counts_by_user_and_says_when_to_try_again(self, worlds: Worlds) -> None:
        world = worlds(Settings(limits=Limits(sessions_per_hour=2)))
        user = new_id("u")
        for _ in range(2):
            world.create(world.connect(user, address=user), user)
        with pytest.raises(RateLimitedError) as refused:
            world.create(world.connect(user, address=user), user)
        assert refused.value.retry_after == 3600
        world.now += 3600
        world.create(world.connect(user, address=user), user)

    def test_a_repeat_is_not_counted_again(self, worlds: Worlds) -> None:
        world = worlds(Settings(limits=Limits(sessions_per_hour=1)))
        speaker = world.connect(user := new_id("u"), address=user)
        first = world.create(speaker, user, request_id="r")
        assert world.create(speaker, user, request_id="r") == first


class TestJoinSession:
    def test_replies_with_the_session_and_the_offset_from_which_messages_follow(self, world: World) -> None:
        _, session_id = world.speaking()
        reply = world.join(world.connect(), session_id)
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
        assert world.listeners_of(session_id) == 1

    def test_joining_again_counts_once_and_may_change_the_language(self, world: World) -> None:
        _, session_id = world.speaking()
        listener = world.listening(session_id)
        assert world.join(listener, session_id)["replayed"] == 0
        assert world.join(listener, session_id, language="fr")["targetLanguage"] == "fr"
        assert world.listeners_of(session_id) == 1
        (row,) = (
            one
            for shard in range(world.session(session_id).shards)
            for one in world.listeners.page(session_id, shard).listeners
        )
        assert row.target_language == "fr"

    @pytest.mark.parametrize(
        ("result", "fields"),
        [(Replayed(count=3, more=True), {"replayed": 3, "more": True}), (Reset(), {"reset": True})],
    )
    def test_a_position_is_recovered_before_the_reply(
        self, world: World, result: Replayed | Reset, fields: dict[str, Any]
    ) -> None:
        _, session_id = world.speaking()
        position = Position(epoch="0" * 8, offset=7)
        world.notes.replay_result = result
        reply = world.join(listener := world.connect(), session_id, position=position)
        assert reply.items() >= fields.items()
        assert world.notes.replays == [(listener, position)]

    def test_refuses_a_session_that_does_not_exist(self, world: World) -> None:
        with pytest.raises(SessionNotFoundError):
            world.join(world.connect(), NOWHERE)

    def test_refuses_a_session_that_has_ended_and_leaves_nothing_behind(self, world: World) -> None:
        speaker, session_id = world.speaking()
        world.end(speaker)
        listener = world.connect()
        with pytest.raises(SessionEndedError):
            world.join(listener, session_id)
        assert world.rows_of(session_id) == []
        _, other = world.speaking()
        world.join(listener, other)

    def test_what_was_missed_is_recovered_after_the_end_by_nobody_who_joins(self, world: World) -> None:
        speaker, session_id = world.speaking()
        world.end(speaker)
        world.notes.replay_result = Replayed(count=2, more=True)
        listener, position = world.connect(), Position(epoch="0" * 8, offset=7)
        reply = world.join(listener, session_id, position=position)
        expected = {
            "type": "sessionJoined",
            "status": "ended",
            "endReason": "ended",
            "replayed": 2,
            "more": True,
        }
        assert reply.items() >= expected.items()
        assert world.notes.replays == [(listener, position)]
        assert (world.rows_of(session_id), world.listeners_of(session_id)) == ([], 0)
        assert "ListenersJoined" not in world.notes.counts
        connection = world.connections.get(listener)
        assert connection
        assert connection.attachment is None
        world.now += UNLIMITED.ended_retention
        with pytest.raises(SessionNotFoundError):
            world.join(listener, session_id, position=position)

    def test_so_does_a_listener_who_was_there_and_stays_one_of_it(self, world: World) -> None:
        speaker, session_id = world.speaking()
        listener, position = world.listening(session_id), Position(epoch="0" * 8, offset=7)
        world.end(speaker)
        for _ in range(2):
            assert world.join(listener, session_id, position=position)["status"] == "ended"
        assert world.rows_of(session_id) == [listener]

    def test_a_session_that_was_full_at_its_end_is_recovered_too(self, worlds: Worlds) -> None:
        world = worlds(replace(UNLIMITED, max_listeners=1))
        speaker, session_id = world.speaking()
        listener = world.listening(session_id)
        world.end(speaker)
        position = Position(epoch="0" * 8, offset=7)
        assert world.join(world.connect(), session_id, position=position)["status"] == "ended"
        assert world.rows_of(session_id) == [listener]

    def test_an_end_that_nobody_marked_yet_is_told_with_its_reason(self, world: World) -> None:
        speaker, session_id = world.speaking()
        world.disconnect(speaker)
        world.now += UNLIMITED.speaker_grace
        reply = world.join(world.connect(), session_id, position=Position(epoch="0" * 8, offset=7))
        assert (reply["status"], reply["endReason"]) == ("ended", "speakerGone")

    @pytest.mark.parametrize("limits", [Limits(joins_per_minute=2), Limits(requests_per_minute=2)])
    def test_replays_after_the_end_are_counted(self, worlds: Worlds, limits: Limits) -> None:
        world = worlds(Settings(limits=limits))
        speaker, session_id = world.speaking(new_id("u"))
        world.end(speaker)
        position, address, listener = Position(epoch="0" * 8, offset=7), new_id("a"), world.connect()
        for _ in range(2):
            world.join(listener, session_id, position=position, address=address)
        with pytest.raises(RateLimitedError):
            world.join(listener, session_id, position=position, address=address)

    @pytest.mark.parametrize("seconds", [UNLIMITED.session_lifetime, UNLIMITED.session_lifetime + 3600])
    def test_expiry_holds_without_the_clock_that_marks_it(self, world: World, seconds: int) -> None:
        _, session_id = world.speaking()
        world.now += seconds
        with pytest.raises((SessionEndedError, SessionNotFoundError)):
            world.join(world.connect(), session_id)

    def test_capacity_is_filled_in_every_shard_and_never_passed(self, worlds: Worlds) -> None:
        world = worlds(replace(UNLIMITED, max_listeners=7, listeners_per_shard=3))
        _, session_id = world.speaking()
        assert world.session(session_id).shards == 3
        listeners = [world.listening(session_id) for _ in range(7)]
        with pytest.raises(SessionFullError) as refused:
            world.join(world.connect(), session_id)
        assert refused.value.retry_after
        world.leave(listeners[0])
        world.listening(session_id)
        assert world.listeners_of(session_id) == 7 == len(world.rows_of(session_id))

    def test_a_session_of_fewer_shards_than_the_present_setting_is_joined(self, worlds: Worlds) -> None:
        _, session_id = (first := worlds(replace(UNLIMITED, max_listeners=50))).speaking()
        world = replace(first, settings=UNLIMITED)
        for _ in range(5):
            world.listening(session_id)
        assert world.listeners_of(session_id) == 5

    def test_a_connection_joins_one_session_at_a_time(self, world: World) -> None:
        speaker, first = world.speaking()
        _, second = world.speaking()
        listener = world.listening(first)
        with pytest.raises(ConflictError):
            world.join(listener, second)
        world.end(speaker)
        world.join(listener, second)
        assert world.rows_of(second) == [listener]

    def test_a_speaker_does_not_listen_on_the_same_connection(self, world: World) -> None:
        speaker, session_id = world.speaking()
        with pytest.raises(ConflictError):
            world.join(speaker, session_id)

    def test_an_expired_token_gives_no_right_to_join_nor_to_recover(self, world: World) -> None:
        _, session_id = world.speaking()
        listener = world.connect("listener", token_expires_at=START + 10)
        world.join(listener, session_id)
        world.now += 10
        with pytest.raises(TokenExpiredError):
            world.join(listener, session_id)

    def test_refuses_an_unsupported_language(self, world: World) -> None:
        with pytest.raises(UnsupportedLanguageError, match="allowed are en, es"):
            world.join(world.connect(), NOWHERE, language="sv")

    def test_counts_by_address_also_the_tries_at_ids_that_do_not_exist(self, worlds: Worlds) -> None:
        world = worlds(Settings(limits=Limits(joins_per_minute=3)))
        address = new_id("a")
        for _ in range(3):
            with pytest.raises(SessionNotFoundError):
                world.join(world.connect(), NOWHERE, address=address)
        with pytest.raises(RateLimitedError):
            world.join(world.connect(), NOWHERE, address=address)

    def test_a_join_counts_once_also_where_its_first_shard_is_full(self, worlds: Worlds) -> None:
        world = worlds(Settings(limits=Limits(joins_per_minute=6), max_listeners=6, listeners_per_shard=1))
        _, session_id = world.speaking()
        address = new_id("a")
        for _ in range(6):
            world.join(world.connect(), session_id, address=address)
        assert world.listeners_of(session_id) == 6

    def test_a_listener_whose_recovery_fails_still_listens(self) -> None:
        world = World.in_memory(memory=(memory := Memory()))
        _, session_id = world.speaking()
        listener = world.listening(session_id)

        def fail(call: str) -> None:
            if call == "sessions.get":
                raise UnavailableError

        memory.before = fail
        with pytest.raises(UnavailableError):
            world.join(listener, session_id)
        memory.before = lambda _: None
        assert world.rows_of(session_id) == [listener]

    def test_replays_on_one_connection_are_counted(self, worlds: Worlds) -> None:
        world = worlds(Settings(limits=Limits(requests_per_minute=2)))
        _, session_id = world.speaking()
        listener = world.listening(session_id)
        position = Position(epoch=world.session(session_id).epoch, offset=0)
        for _ in range(2):
            world.join(listener, session_id, position=position)
        with pytest.raises(RateLimitedError) as refused:
            world.join(listener, session_id, position=position)
        assert refused.value.retry_after
        assert world.rows_of(session_id) == [listener]


class TestLeaveSession:
    def test_a_listener_is_counted_no_more_and_may_join_another(self, world: World) -> None:
        _, session_id = world.speaking()
        listener = world.listening(session_id)
        assert world.leave(listener) == {"type": "sessionLeft", "sessionId": session_id}
        assert world.listeners_of(session_id) == 0
        assert world.leave(listener) == {"type": "sessionLeft", "sessionId": session_id}
        world.join(listener, world.speaking()[1])

    def test_a_late_repeat_does_not_leave_what_was_joined_since(self, world: World) -> None:
        _, first = world.speaking()
        _, second = world.speaking()
        listener = world.listening(first)
        world.leave(listener, request_id="r")
        world.join(listener, second)
        assert world.leave(listener, request_id="r")["sessionId"] == first
        assert world.rows_of(second) == [listener]

    def test_a_speaker_that_leaves_starts_the_grace(self, world: World) -> None:
        speaker, session_id = world.speaking()
        world.leave(speaker)
        session = world.session(session_id)
        assert (session.speaker_connection_id, session.grace_until) == (None, START + 300)
        assert world.resume(speaker, session_id)["generation"] == 2

    def test_without_an_attachment_there_is_nothing_to_leave(self, world: World) -> None:
        with pytest.raises(SessionNotFoundError):
            world.leave(world.connect())


class TestGetSession:
    def test_shows_the_session_of_the_connection_or_of_the_id(self, world: World) -> None:
        speaker, session_id = world.speaking()
        listener = world.listening(session_id)
        shown = world.get(speaker)
        assert (shown["sessionId"], shown["role"], shown["listeners"]) == (session_id, "speaker", 1)
        assert world.get(listener)["role"] == "listener"
        stranger = world.get(world.connect(), session_id)
        assert "role" not in stranger
        assert "generation" not in stranger

    def test_a_replaced_speaker_has_no_role(self, world: World) -> None:
        speaker, session_id = world.speaking()
        world.resume(world.connect("user"), session_id)
        assert "role" not in world.get(speaker, session_id)

    def test_a_session_that_is_over_is_shown_as_such_while_it_is_kept(self, world: World) -> None:
        speaker, _ = world.speaking()
        world.end(speaker)
        assert world.get(speaker)["status"] == "ended"
        world.now += UNLIMITED.ended_retention
        with pytest.raises(SessionNotFoundError):
            world.get(speaker)

    def test_needs_an_attachment_or_an_id(self, world: World) -> None:
        with pytest.raises(SessionNotFoundError):
            world.get(world.connect())

    def test_counts_the_requests_of_a_connection(self, worlds: Worlds) -> None:
        world = worlds(Settings(limits=Limits(requests_per_minute=2)))
        speaker = world.connect(user := new_id("u"), address=user)
        world.create(speaker, user)
        for _ in range(2):
            world.get(speaker)
        with pytest.raises(RateLimitedError):
            world.get(speaker)


class TestResumeSession:
    def test_raises_the_generation_and_tells_the_older_connection(self, world: World) -> None:
        older, session_id = world.speaking()
        newer = world.connect("user")
        reply = world.resume(newer, session_id)
        assert (reply["type"], reply["generation"]) == ("sessionResumed", 2)
        assert not {"replayed", "reset", "more"} & set(reply)
        (push,) = world.notes.pushes
        assert push.connection_id == older
        assert b'"connectionReplaced"' in push.payloads[0]
        for attempt in (lambda: world.update(older, quality="premium"), lambda: world.end(older)):
            with pytest.raises(ForbiddenError):
                attempt()

    def test_ends_the_grace(self, world: World) -> None:
        speaker, session_id = world.speaking()
        world.disconnect(speaker)
        assert world.session(session_id).grace_until == START + 300
        world.now += 299
        world.resume(world.connect("user"), session_id)
        assert world.session(session_id).grace_until is None

    def test_is_idempotent_on_the_connection_that_speaks(self, world: World) -> None:
        _, session_id = world.speaking()
        newer = world.connect("user")
        first = world.resume(newer, session_id, request_id="r")
        assert world.resume(newer, session_id, request_id="r") == first
        assert world.resume(newer, session_id) == first

    def test_a_late_repeat_does_not_take_the_session_back(self, world: World) -> None:
        _, session_id = world.speaking()
        second, third = world.connect("user"), world.connect("user")
        world.resume(second, session_id, request_id="r")
        world.resume(third, session_id)
        with pytest.raises(ConflictError):
            world.resume(second, session_id, request_id="r")
        assert world.session(session_id).generation == 3
        assert world.resume(second, session_id, request_id="s")["generation"] == 4

    @pytest.mark.parametrize(("subject", "error"), [(None, UnauthorizedError), ("other", ForbiddenError)])
    def test_only_the_owner_resumes(
        self, world: World, subject: str | None, error: type[SessionError]
    ) -> None:
        _, session_id = world.speaking()
        with pytest.raises(error):
            world.resume(world.connect(subject), session_id)
        assert world.session(session_id).generation == 1

    def test_refuses_what_is_over_or_never_was(self, world: World) -> None:
        speaker, session_id = world.speaking()
        world.disconnect(speaker)
        world.now += UNLIMITED.speaker_grace
        newer = world.connect("user")
        with pytest.raises(SessionEndedError):
            world.resume(newer, session_id)
        with pytest.raises(SessionNotFoundError):
            world.resume(newer, NOWHERE)

    def test_a_connection_that_speaks_elsewhere_conflicts(self, world: World) -> None:
        _, first = world.speaking()
        speaker, _ = world.speaking()
        with pytest.raises(ConflictError):
            world.resume(speaker, first)

    def test_a_replaced_speaker_may_take_up_another_session(self, world: World) -> None:
        older, session_id = world.speaking()
        world.resume(world.connect("user"), session_id)
        assert world.create(older)["generation"] == 1

    def test_recovers_a_position(self, world: World) -> None:
        _, session_id = world.speaking()
        world.notes.replay_result = Reset()
        reply = world.resume(world.connect("user"), session_id, position=Position(epoch="0" * 8, offset=1))
        assert reply["reset"] is True

    def test_of_two_that_read_the_same_generation_one_attaches(self, world: World) -> None:
        _, session_id = world.speaking()
        read = world.session(session_id)
        first, second = world.connect("user"), world.connect("user")
        world.sessions.attach(read, connection_id=first, instead_of=None, request=None, now=world.now)
        with pytest.raises(Refused) as refused:
            world.sessions.attach(read, connection_id=second, instead_of=None, request=None, now=world.now)
        assert refused.value.parts == {Part.SESSION}
        assert refused.value.session == world.session(session_id)
        assert world.session(session_id).speaker_connection_id == first


class TestUpdateSession:
    def test_changes_what_it_names_and_tells_everyone_else(self, world: World) -> None:
        speaker, session_id = world.speaking()
        reply = world.update(speaker, status=Status.PAUSED)
        assert reply == {
            "type": "sessionUpdated",
            "sessionId": session_id,
            "status": "paused",
            "quality": "standard",
            "version": 2,
        }
        assert world.notes.broadcasts == [(session_id, reply, speaker)]
        second = world.update(speaker, quality="premium")
        assert (second["status"], second["version"]) == ("paused", 3)

    def test_a_late_repeat_changes_nothing_back(self, world: World) -> None:
        speaker, _ = world.speaking()
        world.update(speaker, status=Status.PAUSED, request_id="r")
        world.update(speaker, status=Status.ACTIVE, request_id="s")
        assert world.update(speaker, status=Status.PAUSED, request_id="r")["status"] == "active"

    def test_only_the_speaker_may(self, world: World) -> None:
        _, session_id = world.speaking()
        for connection_id in (world.listening(session_id, "user"), world.connect("user")):
            with pytest.raises(ForbiddenError):
                world.update(connection_id, quality="premium")

    def test_a_session_that_is_over_stays_as_it_is(self, world: World) -> None:
        speaker, _ = world.speaking()
        world.end(speaker)
        with pytest.raises(SessionEndedError):
            world.update(speaker, quality="premium")

    def test_the_owner_may_without_a_connection(self, world: World) -> None:
        _, session_id = world.speaking()
        change = Change(quality="premium")
        assert world.updating.as_owner("user", session_id, change)["quality"] == "premium"
        assert world.notes.broadcasts[-1][2] is None
        with pytest.raises(ForbiddenError):
            world.updating.as_owner("other", session_id, change)
        with pytest.raises(SessionNotFoundError):
            world.updating.as_owner("user", NOWHERE, change)


class TestEndSession:
    def test_ends_once_and_tells_everyone_else_once(self, world: World) -> None:
        speaker, session_id = world.speaking()
        epoch = world.session(session_id).epoch
        expected = {
            "type": "sessionEnded",
            "sessionId": session_id,
            "reason": "ended",
            "epoch": epoch,
            "offset": 0,
        }
        assert [world.end(speaker), world.end(speaker)] == [expected, expected]
        assert world.notes.broadcasts == [(session_id, expected, speaker)]

    def test_the_owner_ends_without_a_connection(self, world: World) -> None:
        _, session_id = world.speaking()
        with pytest.raises(ForbiddenError):
            world.ending.as_owner("other", session_id)
        first = world.ending.as_owner("user", session_id)
        assert world.ending.as_owner("user", session_id) == first
        with pytest.raises(ForbiddenError):
            world.ending.as_owner("other", session_id)

    @pytest.mark.parametrize(
        ("detach", "seconds", "reason"),
        [(True, UNLIMITED.speaker_grace, "speakerGone"), (False, UNLIMITED.session_lifetime, "expired")],
    )
    def test_the_clock_ends_what_has_run_out(
        self, world: World, detach: bool, seconds: int, reason: str
    ) -> None:
        speaker, session_id = world.speaking()
        if detach:
            world.disconnect(speaker)
        world.now += seconds - 1
        world.ending.by_the_clock(world.session(session_id))
        assert world.notes.broadcasts == []
        world.now += 1
        for _ in range(2):
            world.ending.by_the_clock(world.session(session_id))
        assert [push["reason"] for _, push, _ in world.notes.broadcasts] == [reason, reason]
        assert world.session(session_id).status is Status.ENDED


class TestDisconnect:
    def test_a_listener_is_counted_no_more_however_often_it_is_told(self, world: World) -> None:
        _, session_id = world.speaking()
        listener, other = world.listening(session_id), world.listening(session_id)
        for _ in range(3):
            world.disconnect(listener)
        assert world.listeners_of(session_id) == 1
        assert world.rows_of(session_id) == [other]
        assert world.connections.get(listener) is None

    def test_a_late_disconnect_of_a_replaced_speaker_changes_nothing(self, world: World) -> None:
        older, session_id = world.speaking()
        newer = world.connect("user")
        world.resume(newer, session_id)
        world.disconnect(older)
        session = world.session(session_id)
        assert (session.speaker_connection_id, session.grace_until, session.generation) == (newer, None, 2)
        assert world.connections.get(older) is None

    def test_a_stale_record_of_a_replaced_speaker_is_forgotten(self, world: World) -> None:
        older, session_id = world.speaking()
        session = world.session(session_id)
        newer = world.connect("user")
        world.sessions.attach(session, connection_id=newer, instead_of=None, request=None, now=world.now)
        world.disconnect(older)
        assert world.connections.get(older) is None
        assert world.session(session_id).speaker_connection_id == newer

    def test_a_connection_of_a_session_that_is_over_goes_all_the_same(self, world: World) -> None:
        speaker, session_id = world.speaking()
        listener = world.listening(session_id)
        world.end(speaker)
        for connection_id in (speaker, listener, new_id()):
            world.disconnect(connection_id)
            assert world.connections.get(connection_id) is None
        assert world.session(session_id).grace_until is None

    def test_a_row_that_is_gone_does_not_keep_its_connection(self, world: World) -> None:
        _, session_id = world.speaking()
        listener = world.listening(session_id)
        attachment = (world.connections.get(listener) or pytest.fail("no record")).attachment
        assert attachment
        world.listeners.drop(connection_id=listener, session_id=session_id, shard=attachment.shard)
        world.disconnect(listener)
        assert world.connections.get(listener) is None
        assert world.listeners_of(session_id) == 0


class TestConnect:
    def test_counts_by_address(self, worlds: Worlds) -> None:
        world = worlds(Settings(limits=Limits(connects_per_minute=2)))
        address = new_id("a")
        for _ in range(2):
            world.connect(address=address)
        with pytest.raises(RateLimitedError):
            world.connect(address=address)
        world.now += 60
        world.connect(address=address)


class TestRefreshToken:
    @staticmethod
    def token(world: World, subject: str, expires_at: int) -> str:
        claims = {"iss": ISSUER, "sub": subject, "exp": expires_at, "token_use": "id", "aud": CLIENT}
        world.notes.claims_of["token"] = claims
        return "token"

    def test_rights_last_as_long_as_the_newer_token(self, world: World) -> None:
        speaker = world.connect("user", token_expires_at=START + 10)
        world.create(speaker)
        world.now += 20
        with pytest.raises(TokenExpiredError):
            world.update(speaker, quality="premium")
        reply = world.refresh(speaker, self.token(world, "user", START + 3600))
        assert reply == {"type": "tokenRefreshed", "expiresAt": "2027-01-15T09:00:00Z"}
        world.update(speaker, quality="premium")

    @pytest.mark.parametrize("subject", ["other", None])
    def test_a_connection_never_changes_hands(self, world: World, subject: str | None) -> None:
        connection_id = world.connect(subject)
        with pytest.raises(ForbiddenError):
            world.refresh(connection_id, self.token(world, "user", START + 3600))

    def test_an_expired_token_is_refused(self, world: World) -> None:
        with pytest.raises(TokenExpiredError):
            world.refresh(world.connect("user"), self.token(world, "user", START))
