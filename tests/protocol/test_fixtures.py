"""The shared examples hold against the schema and against the generated validators."""

from __future__ import annotations

import json

import pytest

from tests.protocol.reference import PROTOCOL, Case, cases, schema_allows, schema_errors
from wire.schema_generated import BODIES, MESSAGES, validate, validate_body
from wire.validators import InvalidMessage

CASES = cases()
CHECKED = [case for case in CASES if case.message in MESSAGES or case.message.removesuffix("Body") in BODIES]


def check(case: Case) -> None:
    """Run the generated validator that a handler would run."""
    if case.direction == "client":
        validate(case.message, case.value)
    else:
        validate_body(case.message.removesuffix("Body"), case.value)


def is_unicode(value: object) -> bool:
    """Whether the text can be sent; JSON Schema has no word for it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def test_every_message_has_good_and_bad_examples() -> None:
    """A message without examples would be tested by nobody."""
    for valid in (True, False):
        assert {case.message for case in CASES if case.valid is valid} == set(PROTOCOL.messages)


@pytest.mark.parametrize("case", [case for case in CASES if is_unicode(case.value)], ids=str)
def test_the_schema_agrees_with_the_example(case: Case) -> None:
    """A good example is allowed by the schema, a bad one is not."""
    assert schema_allows(case.message, case.value) is case.valid, schema_errors(case.message, case.value)


@pytest.mark.parametrize("case", [case for case in CHECKED if case.valid], ids=str)
def test_a_good_message_passes(case: Case) -> None:
    """The validator raises nothing."""
    check(case)


@pytest.mark.parametrize("case", [case for case in CHECKED if not case.valid], ids=str)
def test_a_bad_message_is_refused_by_property_and_code(case: Case) -> None:
    """The error names the property, in its fields and in its text, and never repeats the value."""
    with pytest.raises(InvalidMessage) as refused:
        check(case)

    assert (refused.value.property, refused.value.code) == (case.property, case.code)
    assert refused.value.property in refused.value.message
    assert "eyJ" not in refused.value.message


def test_an_action_that_is_not_known_is_named_as_such() -> None:
    """The answer lists the actions that there are."""
    with pytest.raises(InvalidMessage) as refused:
        validate("shutDown", {"action": "shutDown"})

    assert refused.value.code == "UNKNOWN_ACTION"
    assert "createSession, joinSession" in refused.value.message


def test_a_message_must_be_an_object() -> None:
    """What is JSON but no object is refused, not stumbled over."""
    for value in (None, 1, "createSession", [], [{"action": "createSession"}]):
        with pytest.raises(InvalidMessage, match="must be a JSON object"):
            validate("createSession", value)


def test_a_long_name_of_an_unknown_field_is_cut() -> None:
    """A refused name comes back with 64 characters at most: an answer must not grow with the request."""
    with pytest.raises(InvalidMessage) as refused:
        validate("endSession", {"action": "endSession", "x" * 10_000: 1})

    assert refused.value.property == "x" * 64
    assert len(refused.value.message) < 200


def test_a_name_that_is_not_unicode_can_be_answered() -> None:
    """The error text must be fit to be sent."""
    with pytest.raises(InvalidMessage) as refused:
        validate("endSession", {"action": "endSession", "\ud83d": 1})

    assert refused.value.message.encode()
