"""The windows of rate limits, and what they scale with."""

from typing import Any

from domain.digest import short_digest
from domain.rate_limits import LimitRules, limit_exceeded
from domain.settings import Limits, Settings


def rules(max_listeners: int = 500, **limits: Any) -> LimitRules:
    return LimitRules(Settings(max_listeners=max_listeners, limits=Limits(**limits)))


def test_limits_have_windows_and_may_be_off() -> None:
    limit = rules(sessions_per_hour=3).sessions_of("user", 7199)
    assert limit
    assert (limit.allowed, limit.retry_at, limit.key) == (3, 7200, f"sessions#{short_digest('user')}#1")
    assert limit_exceeded(limit, 7199).retry_after == 1
    off = LimitRules(Settings(limits=Limits(enabled=False)))
    assert off.sessions_of("u", 0) is off.joins_from("a", 0) is off.connects_from("a", 0) is None
    assert off.requests_of("c", 0) is off.requests_from("a", 0) is off.failed_lookups_from("a", 0) is None
    assert off.replays_to("c", 1, 0) is off.replays_from("a", 1, 0) is None


def test_everyone_may_come_and_return_once_within_a_minute() -> None:
    for made in (rules().joins_from("a", 0), rules().connects_from("a", 0)):
        assert made
        assert made.allowed > 2 * 500
    small = rules(joins_per_minute=7).joins_from("a", 0)
    assert small
    assert small.allowed == 7


def test_failed_lookups_are_slow_however_large_an_audience_may_be() -> None:
    at_once = rules().failed_lookups_from("a", 0)
    within_an_hour = rules().failed_lookups_from("a", 3599)
    assert at_once
    assert within_an_hour
    assert (at_once.allowed, within_an_hour.allowed) == (60, 659)
    assert limit_exceeded(at_once, 0).retry_after == 60


def test_replays_have_half_of_the_hour_at_once() -> None:
    at_once = rules(max_listeners=10, replays_per_listener=1000).replays_from("a", 100, 0)
    later = rules(max_listeners=10, replays_per_listener=1000).replays_from("a", 100, 1800)
    assert at_once
    assert later
    assert (at_once.allowed, later.allowed, at_once.uses) == (5000, 7500, 100)
    assert limit_exceeded(at_once, 0).retry_after == 60


def test_a_single_listener_may_recover_all_that_is_kept() -> None:
    alone = rules(max_listeners=1).replays_from("a", 100, 0)
    assert alone
    assert alone.allowed == 1000
