"""The shared fixtures agree with the schema and with the generated validators."""

from __future__ import annotations

import json

import pytest

from tests.protocol.reference import PROTOCOL, Case, cases, schema_allows, schema_errors
from wire.schema_generated import BODIES, MESSAGES, validate, validate_body
from wire.validators import InvalidMessage

CASES = cases()
CHECKED = [case for case in CASES if case.message in MESSAGES or case.message.removesuffix("Body") in BODIES]


def check(case: Case) -> None:
    """Call the generated validator that a handler would call."""
    if case.direction == "client":
        validate(case.message, case.value)
    else:
        validate_body(case.message.removesuffix("Body"), case.value)


def is_unicode(value: object) -> bool:
    """Return whether all text can be encoded; JSON Schema cannot express it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def test_every_message_has_valid_and_invalid_cases() -> None:
    """A message without fixtures would not be tested."""
    for valid in (True, False):
        assert {case.message for case in CASES if case.valid is valid} == set(PROTOCOL.messages)


@pytest.mark.parametrize("case", [case for case in CASES if is_unicode(case.value)], ids=str)
def test_the_schema_agrees_with_the_case(case: Case) -> None:
    """The schema allows each valid case and no invalid one."""
    assert schema_allows(case.message, case.value) is case.valid, schema_errors(case.message, case.value)


@pytest.mark.parametrize("case", [case for case in CHECKED if case.valid], ids=str)
def test_a_valid_message_passes(case: Case) -> None:
    """The validator does not raise."""
    check(case)


@pytest.mark.parametrize("case", [case for case in CHECKED if not case.valid], ids=str)
def test_an_invalid_message_is_rejected_with_property_and_code(case: Case) -> None:
    """The error names the property in its fields and its text, and never contains the value."""
    with pytest.raises(InvalidMessage) as error:
        check(case)

    assert (error.value.property, error.value.code) == (case.property, case.code)
    assert error.value.property in error.value.message
    assert "eyJ" not in error.value.message


def test_an_unknown_action_has_its_own_code() -> None:
    """The error lists the known actions."""
    with pytest.raises(InvalidMessage) as error:
        validate("shutDown", {"action": "shutDown"})

    assert error.value.code == "UNKNOWN_ACTION"
    assert "createSession, joinSession" in error.value.message


def test_a_message_must_be_an_object() -> None:
    """Other JSON values are rejected without another exception."""
    for value in (None, 1, "createSession", [], [{"action": "createSession"}]):
        with pytest.raises(InvalidMessage, match="must be a JSON object"):
            validate("createSession", value)


def test_a_long_name_of_an_unknown_property_is_truncated() -> None:
    """The error contains at most 64 characters of it, so that a reply does not grow with its request."""
    with pytest.raises(InvalidMessage) as error:
        validate("endSession", {"action": "endSession", "x" * 10_000: 1})

    assert error.value.property == "x" * 64
    assert len(error.value.message) < 200


def test_an_error_about_malformed_unicode_can_be_encoded() -> None:
    """The text does not repeat a lone surrogate."""
    with pytest.raises(InvalidMessage) as error:
        validate("endSession", {"action": "endSession", "\ud83d": 1})

    assert error.value.message.encode()
