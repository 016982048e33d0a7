"""The rules that need no store: expiry, ids, settings, windows, errors, due times."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.digest import request_key, short_digest
from domain.due import next_check_at
from domain.errors import ErrorCode, InvalidFieldError, SessionError
from domain.model import EndReason, Session, Status
from domain.rate_limits import LimitRules, limit_exceeded
from domain.session_ids import ADJECTIVES, NOUNS, REFUSED, is_refused, new_epoch, new_session_id
from domain.settings import MAX_SHARDS, Limits, Settings
from tests.support.handler_driver import settings_json
from wire.replies import error_reply, http_status, problem
from wire.schema_generated import ERRORS

SESSION = Session(
    session_id="caring-king-275",
    owner_id="user",
    status=Status.ACTIVE,
    source_language="en",
    quality="standard",
    capacity=10,
    shards=1,
    epoch="0badcafe",
    head=0,
    generation=1,
    created_at=1000,
    expires_at=2000,
    ttl=2500,
)


@pytest.mark.parametrize(
    ("changes", "now", "reason"),
    [
        ({}, 1999, None),
        ({}, 2000, EndReason.EXPIRED),
        ({"grace_until": 1500}, 1499, None),
        ({"grace_until": 1500}, 1500, EndReason.SPEAKER_GONE),
        ({"grace_until": 1500}, 2000, EndReason.EXPIRED),
        ({"status": Status.PAUSED}, 1999, None),
        ({"status": Status.ENDED, "end_reason": EndReason.EXPIRED}, 1000, EndReason.EXPIRED),
        ({"status": Status.ENDED}, 1000, EndReason.ENDED),
    ],
)
def test_a_session_is_over_when_its_time_is(
    changes: dict[str, object], now: int, reason: EndReason | None
) -> None:
    assert replace(SESSION, **changes).ended_because(now) is reason


def test_a_session_is_gone_when_it_is_kept_no_more_and_due_when_its_time_runs_out() -> None:
    assert [SESSION.is_gone(now) for now in (2499, 2500)] == [False, True]
    assert SESSION.due_at == 2000
    assert replace(SESSION, grace_until=1500).due_at == 1500


def test_there_are_words_enough_and_none_is_refused() -> None:
    for words in (ADJECTIVES, NOUNS):
        assert len(words) >= 100
        assert len(set(words)) == len(words)
        assert all(re.fullmatch("[a-z]{3,10}", word) for word in words)
        assert not REFUSED & set(words)


@given(st.randoms(use_true_random=False))
def test_ids_have_their_form_and_no_refused_word(random: object) -> None:
    def choose(words: Sequence[str]) -> str:
        return random.choice(words)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnknownMemberType]

    session_id = new_session_id(choose)
    assert re.fullmatch("[a-z]+-[a-z]+-[1-9][0-9]{2}", session_id)
    assert not is_refused(*session_id.split("-")[:2])


@pytest.mark.parametrize(
    ("adjective", "noun", "refused"),
    [
        ("calm", "otter", False),
        ("dead", "otter", True),
        ("calm", "bomb", True),
        ("bras", "sail", True),
        ("grass", "oak", False),
    ],
)
def test_refused_words_are_found_whole_and_across_the_seam(adjective: str, noun: str, refused: bool) -> None:
    assert is_refused(adjective, noun) is refused


def test_an_id_is_drawn_again_until_it_is_not_refused() -> None:
    drawn = iter(["dead", "otter", "calm", "otter", "123"])
    assert new_session_id(lambda _: next(drawn)) == "calm-otter-123"


def test_epochs_are_eight_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{8}", new_epoch())


def test_settings_are_read_back_as_they_were_written() -> None:
    chosen = Settings(max_listeners=7, limits=Limits(enabled=False), supported_languages=("en",))
    assert Settings.from_json(settings_json(chosen)) == chosen
    assert Settings.from_json("{}") == Settings()


@pytest.mark.parametrize("text", ['{"maxListener": 1}', '{"limits": {"sessions": 1}}'])
def test_a_setting_that_there_is_not_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"maxListener|sessions"):
        Settings.from_json(text)


@pytest.mark.parametrize(
    ("listeners", "shards"), [(1, 1), (100, 1), (101, 2), (500, 5), (1000, 10), (5000, MAX_SHARDS)]
)
def test_shards_grow_with_the_capacity_up_to_a_bound(listeners: int, shards: int) -> None:
    assert Settings(max_listeners=listeners).shards == shards


def test_limits_have_windows_and_may_be_off() -> None:
    rules = LimitRules(Limits(sessions_per_hour=3))
    limit = rules.sessions_of("user", 7199)
    assert limit
    assert (limit.allowed, limit.resets_at, limit.key) == (3, 7200, f"sessions#{short_digest('user')}#1")
    assert limit_exceeded(limit, 7199).retry_after == 1
    off = LimitRules(Limits(enabled=False))
    assert off.sessions_of("u", 0) is off.joins_from("a", 0) is off.connects_from("a", 0) is None
    assert off.requests_of("c", 0) is None


def test_no_two_requests_share_a_key() -> None:
    assert request_key("a", "bc") != request_key("ab", "c")
    assert request_key("a", "b") == request_key("a", "b")


def test_every_code_has_a_status_and_errors_have_two_forms() -> None:
    assert set(ERRORS) == {code.value for code in ErrorCode}
    error = InvalidFieldError(ErrorCode.INVALID_QUALITY, "quality must be standard or premium")
    assert error_reply(error) == {
        "type": "error",
        "code": "INVALID_QUALITY",
        "message": "quality must be standard or premium",
    }
    limited = SessionError(retry_after=5)
    assert error_reply(limited)["retryAfter"] == problem(limited)["retryAfter"] == 5
    assert (http_status(limited), problem(limited)["title"]) == (500, "Internal Server Error")


@pytest.mark.parametrize(
    ("active_at", "token", "notified", "due"),
    [
        (1000, None, False, 1480),
        (7300, None, False, 7600),
        (7300, None, True, 7780),
        (1000, 1500, False, 1380),
        (1000, 9000, False, 1480),
    ],
)
def test_a_connection_is_due_at_the_first_of_what_it_must_be_told(
    active_at: int, token: int | None, notified: bool, due: int
) -> None:
    at = next_check_at(
        Settings(), active_at=active_at, connected_at=1000, token_expires_at=token, notified=notified
    )
    assert at == due
