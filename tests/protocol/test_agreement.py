"""The generated validators allow exactly the messages that the schema allows."""

from __future__ import annotations

import copy
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.reference import PROTOCOL, Case, cases, schema_allows
from wire.schema_generated import BODIES, validate, validate_body
from wire.validators import InvalidMessage

# Text without lone surrogates: the validators reject them, but JSON Schema cannot express the rule.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=70)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
NEAR_MISSES = st.sampled_from(
    cast(
        "list[object]",
        [
            *("en", "EN", "e", "eng", "standard", "premium", "active", "paused", "ended", "utf8", "base64"),
            *(
                "caring-king-275",
                "caring-king-075",
                "caring-king-275\n",
                "5f0c9a1e",
                "5F0C9A1E",
                "5f0c9a1e\n",
            ),
            *(0, 1, -1, 1.0, 2**53 - 1, 2**53, True, False, None),
            *("", "r" * 64, "r" * 65, "t" * 100, "t" * 101),
            *([], ["en"], ["en", "en"], ["en", "xx"], ["en", 1], [["en"]], [{}], {}),
        ],
    )
)
PROPERTIES = sorted({name for message in PROTOCOL.messages.values() for name in message.properties})
EXAMPLES = [
    case
    for case in cases()
    if case.valid and (case.direction == "client" or case.message.removesuffix("Body") in BODIES)
]


@st.composite
def mutated(draw: st.DrawFn) -> tuple[Case, object]:
    """A valid example with up to three properties removed, replaced or added."""
    case = draw(st.sampled_from(EXAMPLES))
    value = cast("dict[str, object]", copy.deepcopy(case.value))
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from([*value, *PROPERTIES]) | TEXT)
        if draw(st.booleans()) and name in value:
            del value[name]
        else:
            value[name] = draw(NEAR_MISSES | ANYTHING)
    return case, value


def validation_error(case: Case, value: object) -> InvalidMessage | None:
    """Return the error of the generated validator that a handler would call, or None."""
    try:
        if case.direction == "client":
            validate(case.message, value)
        else:
            validate_body(case.message.removesuffix("Body"), value)
    except InvalidMessage as error:
        return error
    return None


@settings(max_examples=1500, deadline=None)
@given(mutated())
def test_validators_and_schema_agree_on_a_mutated_message(change: tuple[Case, object]) -> None:
    """A rule that the validators lack would show on messages close to the valid examples."""
    case, value = change

    assert (validation_error(case, value) is None) is schema_allows(case.message, value)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(EXAMPLES),
    st.dictionaries(st.sampled_from(PROPERTIES) | st.text(), ANYTHING | st.text()) | ANYTHING,
)
def test_a_validator_raises_only_invalid_message(case: Case, value: object) -> None:
    """Any JSON value passes or raises `InvalidMessage` with a text that can be encoded."""
    error = validation_error(case, value)

    assert error is None or error.message.encode()
    assert error is None or error.code in {error.name for error in PROTOCOL.errors}
