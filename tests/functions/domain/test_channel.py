"""The audience's channel: its name, and the tokens that admit a listener to one channel."""

import base64
import hmac
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.channel import (
    CHANNEL_TOKEN_SECONDS,
    MAX_TOKEN_CHARACTERS,
    ChannelClaims,
    ChannelOffers,
    ChannelTokens,
    channel_name,
)
from domain.digest import derived_key, short_digest, use_key
from domain.model import Caller
from domain.session_ids import ADJECTIVES, NOUNS, new_epoch, new_session_id
from domain.settings import Settings
from tests.support.example_session import SESSION
from tests.support.fakes import ManualClock
from tests.support.session_driver import START

KEY = b"k" * 32
NAME = channel_name(SESSION.session_id, SESSION.epoch, "es")
CLAIMS = ChannelClaims(channel=NAME, address="digest", connection="c")


def tokens(now: int = START, key: bytes = KEY) -> ChannelTokens:
    return ChannelTokens(key, ManualClock(now))


def signed(claims: object, key: bytes = KEY) -> str:
    """Return the claims as a token of this key, however odd they are."""
    payload = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).rstrip(b"=")
    signature = base64.urlsafe_b64encode(hmac.digest(key, payload, "sha256")).rstrip(b"=")
    return f"{payload.decode()}.{signature.decode()}"


def test_a_token_names_its_channel_and_its_address_until_it_expires() -> None:
    token = tokens().issue(NAME, address="digest", connection="c")
    for seconds in (0, CHANNEL_TOKEN_SECONDS - 1):
        assert tokens(START + seconds).verify(token) == CLAIMS
    for seconds in (CHANNEL_TOKEN_SECONDS, 10 * CHANNEL_TOKEN_SECONDS):
        assert tokens(START + seconds).verify(token) is None


def test_a_token_has_the_form_that_other_readers_expect() -> None:
    token = tokens().issue(NAME, address="digest", connection="c")
    assert token == signed({"channel": NAME, "expires": START + 300, "address": "digest", "connection": "c"})
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}", token)
    assert len(token) < MAX_TOKEN_CHARACTERS


def test_a_token_of_another_key_is_invalid() -> None:
    assert tokens(key=b"x" * 32).verify(tokens().issue(NAME, address="digest", connection="c")) is None
    assert tokens(key=b"").verify(tokens().issue(NAME, address="digest", connection="c")) is None


@given(st.data())
def test_a_token_with_any_character_changed_is_invalid(data: st.DataObject) -> None:
    """The last character of a signature has two bits that decode to nothing; they count as well."""
    token = tokens().issue(NAME, address="digest", connection="c")
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda one: one != token[place]))
    assert tokens().verify(token[:place] + other + token[place + 1 :]) is None


@given(st.text())
@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "=.="])
def test_text_without_a_signature_is_invalid(token: str, text: str) -> None:
    assert tokens().verify(token) is None
    assert tokens().verify(text) is None
    assert tokens().verify(tokens().issue(NAME, address="digest", connection="c") + text) is None or not text


def test_the_signature_of_other_claims_is_invalid() -> None:
    claims, _, _ = (
        tokens().issue("/sessions/other-king-275/es", address="digest", connection="c").partition(".")
    )
    _, _, signature = tokens().issue(NAME, address="digest", connection="c").partition(".")
    assert tokens().verify(f"{claims}.{signature}") is None


def test_a_token_longer_than_appsync_accepts_is_not_hashed() -> None:
    long = signed({**CLAIMS._asdict(), "expires": START + 1, "address": "x" * MAX_TOKEN_CHARACTERS})
    assert tokens().verify(long) is None


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return hmac_compare(one, other)

    hmac_compare = hmac.compare_digest
    monkeypatch.setattr("domain.channel.hmac.compare_digest", compare)
    token = tokens().issue(NAME, address="digest", connection="c")
    assert tokens().verify(token) is not None
    assert tokens().verify(token[:-1]) is None
    assert [len(pair) for pair in compared] == [2, 2]


def test_the_key_is_derived_from_that_of_the_stack_and_shows_in_no_digest() -> None:
    use_key("key of a stack")
    try:
        key = derived_key("channel tokens")
        assert len(key) == 32
        assert key != derived_key("something else")
        assert not key.hex().startswith(short_digest("channel tokens"))
        use_key("key of another stack")
        assert key != derived_key("channel tokens")
    finally:
        use_key("")


def test_without_a_key_of_the_stack_no_token_can_be_issued_or_forged() -> None:
    use_key("")
    with pytest.raises(ValueError, match="DIGEST_KEY is not set"):
        derived_key("channel tokens")


@pytest.mark.parametrize("is_long", [False, True])
def test_every_session_and_language_makes_a_name_that_appsync_takes(*, is_long: bool) -> None:
    """AppSync Events takes up to five segments of 1 to 50 letters, digits and dashes."""
    session_id = new_session_id(lambda words: max(words, key=len), is_long=is_long)
    assert len(session_id) == max(map(len, ADJECTIVES)) + max(map(len, NOUNS)) + (22 if is_long else 5)
    for name in (
        channel_name(session_id, new_epoch(), language) for language in Settings().supported_languages
    ):
        segments = name.removeprefix("/").split("/")
        assert segments[0] == "sessions"
        assert all(re.fullmatch("[A-Za-z0-9-]{1,50}", segment) for segment in segments)


def test_an_offer_is_for_one_session_and_language() -> None:
    offers = ChannelOffers(url="wss://r/event/realtime", host="h", tokens=tokens(), settings=Settings())
    offer = offers.offer(SESSION, "es", Caller(connection_id="c1", subject=None, address="digest"))
    assert (offer.url, offer.host, offer.name) == ("wss://r/event/realtime", "h", NAME)
    assert tokens().verify(offer.authorization) == ChannelClaims(NAME, "digest", short_digest("c1"))


def test_a_later_session_with_the_same_id_has_other_channels() -> None:
    """A subscription may outlive its session."""
    names = {channel_name(SESSION.session_id, epoch, "es") for epoch in (SESSION.epoch, new_epoch())}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("audience", "shards_in_use", "is_included"),
    [(0, 1, True), (100, 1, False), (100, 2, True), (101, 2, False)],
)
def test_a_channel_is_offered_beyond_the_audience_in_whole_shards(
    audience: int, shards_in_use: int, *, is_included: bool
) -> None:
    settings = Settings(channel_audience=audience)
    offers = ChannelOffers(url="wss://r", host="h", tokens=tokens(), settings=settings)
    session = replace(SESSION, capacity=500, shards=5, shards_in_use=shards_in_use)
    assert offers.includes(session) is is_included
