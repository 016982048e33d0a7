"""The hook's request and answer: which answers are valid, and what they change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ForbiddenError
from domain.message_log import Body, Entry
from domain.ports import HookError
from domain.settings import Settings
from wire.hook import apply_answer
from wire.pushes import checked_size, encode, message_push

LANGUAGES = Settings().supported_languages
ENTRY = Entry(
    session_id="caring-king-275",
    epoch="0123abcd",
    offset=1,
    published_at=1_800_000_000,
    body=Body(data="hello", content_type="text/plain", encoding="utf8"),
)
nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["message", "languages", "es", "data", "encoding", "refuse", "x"]), inner
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "x",
        {"text": "x"},
        {"languages": []},
        {"languages": {"es": "hola"}},
        {"languages": {"es": {}}, "message": {"data": 3}},
        {"languages": {"cy": {"data": "helo"}}},
        {"message": {"data": "x", "encoding": "hex"}},
        {"message": {"data": "x", "more": "y"}},
        {"message": {"data": "cut \ud83d"}},
        {"languages": {"es": {"data": "cut \ud83d"}}},
        {"refuse": "cut \ud83d"},
        {"message": {"data": "no base64", "encoding": "base64"}},
        {"message": {"data": "é", "encoding": "base64"}},
        {"message": {"data": "x", "contentType": ""}},
        {"message": {"data": "x", "contentType": "x" * 101}},
    ],
    ids=ascii,
)
def test_an_invalid_answer_is_a_failure(answer: object) -> None:
    with pytest.raises(HookError):
        apply_answer(ENTRY, answer, LANGUAGES)


@given(nonsense)
def test_every_answer_is_an_entry_a_refusal_or_a_failure(answer: object) -> None:
    """Nothing else leaves it."""
    try:
        entry = apply_answer(ENTRY, answer, LANGUAGES)
    except (HookError, ForbiddenError):
        return
    checked_size(entry)
    for language in ("es", None):
        encode(message_push(entry, language))


def test_missing_fields_are_those_of_the_original() -> None:
    entry = apply_answer(ENTRY, {"languages": {"es": {"data": "hola"}}}, LANGUAGES)
    assert entry.body == ENTRY.body
    assert entry.body_for("es") == Body(data="hola", content_type="text/plain", encoding="utf8")
