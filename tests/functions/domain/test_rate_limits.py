"""The windows of rate limits."""

from domain.digest import short_digest
from domain.rate_limits import LimitRules, limit_exceeded
from domain.settings import Limits


def test_limits_have_windows_and_may_be_off() -> None:
    rules = LimitRules(Limits(sessions_per_hour=3))
    limit = rules.sessions_of("user", 7199)
    assert limit
    assert (limit.allowed, limit.resets_at, limit.key) == (3, 7200, f"sessions#{short_digest('user')}#1")
    assert limit_exceeded(limit, 7199).retry_after == 1
    off = LimitRules(Limits(enabled=False))
    assert off.sessions_of("u", 0) is off.joins_from("a", 0) is off.connects_from("a", 0) is None
    assert off.requests_of("c", 0) is None
