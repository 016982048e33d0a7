"""The keys of request records."""

from domain.digest import request_key


def test_no_two_requests_share_a_key() -> None:
    assert request_key("a", "bc") != request_key("ab", "c")
    assert request_key("a", "b") == request_key("a", "b")
