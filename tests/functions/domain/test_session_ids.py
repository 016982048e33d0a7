"""Session ids and epochs: their form, and the words that are refused."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.session_ids import ADJECTIVES, NOUNS, REFUSED, is_refused, new_epoch, new_session_id
from wire.parsing import check_session_id


def test_each_list_has_100_words_and_no_refused_one() -> None:
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
def test_refused_words_are_found_whole_and_across_the_border(
    adjective: str, noun: str, refused: bool
) -> None:
    assert is_refused(adjective, noun) is refused


def test_an_id_is_drawn_again_until_it_is_not_refused() -> None:
    drawn = iter(["dead", "otter", "calm", "otter", "123"])
    assert new_session_id(lambda _: next(drawn)) == "calm-otter-123"


def test_epochs_are_eight_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{8}", new_epoch())


def test_a_long_id_ends_in_eighty_random_bits() -> None:
    first, second = new_session_id(is_long=True), new_session_id(is_long=True)
    assert re.fullmatch("[a-z]+-[a-z]+-[1-9][0-9]{2}-[a-z2-7]{16}", first)
    assert check_session_id(first) == first
    assert first[-16:] != second[-16:]
