"""The audience's channel admits a token to the one channel that it names."""

import pytest

from domain.channel import ChannelTokens
from domain.errors import ForbiddenError, RateLimitedError, UnauthorizedError
from domain.rate_limits import CHANNEL_REQUESTS
from domain.settings import Limits, Settings
from tests.support.fakes import ManualClock
from tests.support.memory_stores import Memory, MemoryRateLimits
from tests.support.session_driver import START
from use_cases.authorize_channel import AuthorizeChannel

NAME = "/sessions/caring-king-275/es"
EXPIRED = START - 300


def authorize(settings: Settings | None = None, now: int = START) -> AuthorizeChannel:
    clock = ManualClock(now)
    return AuthorizeChannel(
        tokens=ChannelTokens(b"k" * 32, clock),
        rate_limits=MemoryRateLimits(Memory()),
        settings=settings or Settings(),
        clock=clock,
    )


def token(
    channel: str = NAME,
    *,
    address: str = "digest",
    connection: str = "c",
    issued_at: int = START,
    key: bytes = b"k" * 32,
) -> str:
    return ChannelTokens(key, ManualClock(issued_at)).issue(channel, address=address, connection=connection)


def test_a_token_connects_and_subscribes_to_its_channel() -> None:
    decide = authorize()
    decide(token(), "EVENT_CONNECT", "")
    decide(token(), "EVENT_SUBSCRIBE", NAME)


@pytest.mark.parametrize(
    "channel",
    [
        "",
        "/sessions",
        "/sessions/*",
        "/sessions/caring-king-275",
        "/sessions/caring-king-275/*",
        "/sessions/caring-king-275/fr",
        "/sessions/other-king-275/es",
        "/sessions/caring-king-275/es/",
        "/sessions/caring-king-275/ES",
        "sessions/caring-king-275/es",
    ],
)
def test_it_subscribes_to_no_other_channel_and_to_no_wildcard(channel: str) -> None:
    with pytest.raises(ForbiddenError):
        authorize()(token(), "EVENT_SUBSCRIBE", channel)


@pytest.mark.parametrize("operation", ["EVENT_PUBLISH", "", "EVENT_ANYTHING"])
def test_it_does_nothing_else(operation: str) -> None:
    with pytest.raises(ForbiddenError):
        authorize()(token(), operation, NAME)


@pytest.mark.parametrize("operation", ["EVENT_CONNECT", "EVENT_SUBSCRIBE", "EVENT_PUBLISH"])
@pytest.mark.parametrize(
    "invalid",
    ["", "x", token(issued_at=EXPIRED), token(key=b"x" * 32), token()[1:], token()[:-1]],
    ids=["none", "text", "expired", "another key", "cut", "tampered"],
)
def test_an_invalid_token_does_nothing(invalid: str, operation: str) -> None:
    with pytest.raises(UnauthorizedError):
        authorize()(invalid, operation, NAME)


def test_subscriptions_are_limited_by_the_address_that_the_token_was_issued_to() -> None:
    decide = authorize(Settings(limits=Limits(joins_per_minute=2)))
    for _ in range(2):
        decide(token(), "EVENT_SUBSCRIBE", NAME)
    with pytest.raises(RateLimitedError):
        decide(token(), "EVENT_SUBSCRIBE", NAME)
    decide(token(address="another"), "EVENT_SUBSCRIBE", NAME)


@pytest.mark.parametrize("operation", ["EVENT_CONNECT", "EVENT_SUBSCRIBE"])
def test_the_tokens_of_one_connection_connect_and_subscribe_a_few_times_an_hour(operation: str) -> None:
    """So that a listener opens few subscriptions, and so do all who have its tokens."""
    decide = authorize(Settings(max_listeners=100))
    decide(token(), "EVENT_CONNECT", "")
    for _ in range(CHANNEL_REQUESTS - 1):
        decide(token(), operation, NAME)
    for refused in ("EVENT_CONNECT", "EVENT_SUBSCRIBE"):
        with pytest.raises(RateLimitedError):
            decide(token(), refused, NAME)
    decide(token(connection="another"), operation, NAME)


def test_the_subscriptions_to_a_session_are_limited_by_its_listeners() -> None:
    """However many connections and addresses they come from, and in whichever language."""
    decide = authorize(Settings(max_listeners=3))
    names = [NAME, NAME.replace("/es", "/fr")]
    for number in range(6):
        name = names[number % 2]
        decide(token(name, address=f"a{number}", connection=f"c{number}"), "EVENT_SUBSCRIBE", name)
    with pytest.raises(RateLimitedError):
        decide(token(address="a", connection="b"), "EVENT_SUBSCRIBE", NAME)
    decide(token(address="a", connection="b"), "EVENT_CONNECT", "")
    other = NAME.replace("caring", "other")
    decide(token(other, address="a", connection="b"), "EVENT_SUBSCRIBE", other)


def test_a_connection_beyond_its_limit_uses_up_no_subscription_of_its_session() -> None:
    decide = authorize(Settings(max_listeners=CHANNEL_REQUESTS))
    for _ in range(CHANNEL_REQUESTS):
        decide(token(), "EVENT_SUBSCRIBE", NAME)
    for _ in range(CHANNEL_REQUESTS):
        with pytest.raises(RateLimitedError):
            decide(token(), "EVENT_SUBSCRIBE", NAME)
    for number in range(CHANNEL_REQUESTS):
        decide(token(connection=f"c{number}"), "EVENT_SUBSCRIBE", NAME)


def test_refused_operations_count_towards_no_limit() -> None:
    """A holder of one token could otherwise use up the subscriptions of everyone at its address."""
    decide = authorize(Settings(limits=Limits(joins_per_minute=1)))
    for channel in ("/sessions/*", "/sessions/other-king-275/es"):
        with pytest.raises(ForbiddenError):
            decide(token(), "EVENT_SUBSCRIBE", channel)
    decide(token(), "EVENT_SUBSCRIBE", NAME)


def test_a_switched_off_limit_counts_nothing() -> None:
    decide = authorize(Settings(limits=Limits(enabled=False, joins_per_minute=1)))
    for _ in range(3):
        decide(token(), "EVENT_SUBSCRIBE", NAME)
