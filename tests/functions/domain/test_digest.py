"""The digests of ids, and the keys of request records."""

import hashlib
from collections.abc import Iterator

import pytest

from domain.digest import request_key, short_digest, use_key


@pytest.fixture
def key() -> Iterator[str]:
    use_key("key of a stack")
    yield "key of a stack"
    use_key("")


def test_no_two_requests_share_a_key() -> None:
    assert request_key("a", "bc") != request_key("ab", "c")
    assert request_key("a", "b") == request_key("a", "b")


def test_the_key_of_a_request_depends_on_the_key_of_the_stack(key: str) -> None:
    """A reader of the table finds no request id by guesses."""
    own = request_key("user", "createSession", "my talk")
    use_key("key of another stack")
    assert request_key("user", "createSession", "my talk") != own


def test_an_id_is_not_found_by_its_digest_without_the_key(key: str) -> None:
    """Each stack has a key of its own."""
    digest = short_digest("caring-king-275")
    assert len(digest) == 12
    assert short_digest("caring-king-275") == digest
    assert digest != hashlib.sha256(b"caring-king-275").hexdigest()[:12]
    use_key("key of another stack")
    assert short_digest("caring-king-275") != digest
