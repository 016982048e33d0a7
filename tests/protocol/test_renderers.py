"""The renderers reject a schema that they do not fully support."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, cast

import pytest

from protocol import python_validators, reference_page
from protocol.examples import FIXTURES_PATH, load_examples
from protocol.schema import ROOT, SCHEMA_PATH, Protocol, Schema, SchemaError, definition_name, load

if TYPE_CHECKING:
    from pathlib import Path


PROTOCOL = load()
EXAMPLES = load_examples(PROTOCOL)
PAGE = ROOT / "PROTOCOL.md"


def changed(folder: Path, *path: str, value: object) -> Protocol:
    """Return the protocol with one value of its schema changed."""
    schema = copy.deepcopy(cast("Schema", json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))))
    place = schema
    for step in path[:-1]:
        place = cast("Schema", place[step])
    place[path[-1]] = value
    file = folder / "schema.json"
    file.write_text(json.dumps(schema), encoding="utf-8")
    return load(file)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("$defs", "sessionId", "format"), "hostname"),
        (("$defs", "offset", "multipleOf"), 2),
        (("$defs", "createSession", "minProperties"), 2),
        (("$defs", "createSession", "properties", "quality"), {"$ref": "#/$defs/quality", "maxLength": 3}),
        (("$defs", "createSession", "additionalProperties"), True),
        (("$defs", "updateSession", "anyOf"), [{"required": ["status", "quality"]}]),
        (("$defs", "publish", "properties", "targetLanguages", "uniqueItems"), False),
    ],
    ids=[
        "format",
        "multipleOf",
        "minProperties",
        "beside a reference",
        "open object",
        "anyOf",
        "repeated items",
    ],
)
def test_an_unsupported_keyword_is_an_error(tmp_path: Path, path: tuple[str, ...], value: object) -> None:
    """Otherwise the validators would silently allow messages that the schema forbids."""
    protocol = changed(tmp_path, *path, value=value)

    with pytest.raises(SchemaError):
        python_validators.render(protocol)


def test_the_error_codes_are_listed_once(tmp_path: Path) -> None:
    """The enum of codes and their meanings must stay consistent."""
    with pytest.raises(SchemaError, match="same codes"):
        changed(tmp_path, "$defs", "errorCode", "enum", value=["INVALID_MESSAGE"])


def test_a_reply_must_be_a_message(tmp_path: Path) -> None:
    """A misspelled reply is found when the schema is loaded."""
    with pytest.raises(SchemaError, match="x-reply must be a message"):
        changed(tmp_path, "$defs", "createSession", "x-reply", value="sessionCreate")


def test_an_external_reference_is_an_error() -> None:
    """All references point to definitions of the schema."""
    with pytest.raises(SchemaError, match="must begin with"):
        definition_name("https://example.com/schema.json")


def test_a_new_enum_value_reaches_the_validators(tmp_path: Path) -> None:
    """Adding it to the schema is enough."""
    protocol = changed(tmp_path, "$defs", "quality", "enum", value=["standard", "premium", "gold"])

    assert '("standard", "premium", "gold")' in python_validators.render(protocol)


def test_the_page_must_have_every_section() -> None:
    """A section that the page lacks would be missing unnoticed."""
    with pytest.raises(SchemaError, match="lacks the sections"):
        reference_page.render(
            PROTOCOL, EXAMPLES, "# A page\n\n<!-- generated:errors -->\n<!-- /generated -->\n"
        )


def test_a_marker_of_an_unknown_section_is_an_error() -> None:
    """A misspelled marker is found."""
    names = [*reference_page.SECTIONS, "misspelled"]
    page = "".join(f"<!-- generated:{name} -->\n<!-- /generated -->\n" for name in names)

    with pytest.raises(SchemaError, match="unknown section: misspelled"):
        reference_page.render(PROTOCOL, EXAMPLES, page)


def test_every_message_has_a_section_with_its_direction_and_example() -> None:
    """PROTOCOL.md shows each message as the fixtures have it."""
    page = PAGE.read_text(encoding="utf-8")
    for name, example in EXAMPLES.items():
        _, _, section = page.partition(f"\n#### `{name}`\n")
        assert re.match(r"\nDirection: \*\*(client|server) [→←] ", section), name
        shown = re.search(r"```json\n(.*?)\n```", section, re.DOTALL)
        assert shown is not None, name
        assert json.loads(shown[1]) == example


def test_a_message_without_a_fixture_is_an_error(tmp_path: Path) -> None:
    """A new message needs a fixture file before its section can be rendered."""
    with pytest.raises(SchemaError, match=r"createSession\.json is missing"):
        load_examples(PROTOCOL, tmp_path)


def test_an_example_must_be_a_valid_case(tmp_path: Path) -> None:
    """The page never shows an example that the tests do not validate."""
    for path in FIXTURES_PATH.glob("*.json"):
        fixture = json.loads(path.read_text(encoding="utf-8"))
        if fixture["message"] == "endSession":
            fixture["example"] = "requestId empty"
        (tmp_path / path.name).write_text(json.dumps(fixture), encoding="utf-8")

    with pytest.raises(SchemaError, match=r"endSession\.json: example must be a valid case"):
        load_examples(PROTOCOL, tmp_path)
