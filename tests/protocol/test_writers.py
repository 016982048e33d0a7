"""The writers refuse a schema that they could not carry over whole."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, cast

import pytest

from protocol import python_validators, tables
from protocol.source import SCHEMA_PATH, Protocol, Schema, SchemaError, load, name_of

if TYPE_CHECKING:
    from pathlib import Path


def changed(folder: Path, *path: str, value: object) -> Protocol:
    """The protocol's schema with one place changed."""
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
def test_a_rule_that_no_check_carries_out_is_an_error(
    tmp_path: Path, path: tuple[str, ...], value: object
) -> None:
    """Otherwise the validators would quietly allow what the schema forbids."""
    protocol = changed(tmp_path, *path, value=value)

    with pytest.raises(SchemaError):
        python_validators.write(protocol)


def test_the_error_codes_are_listed_once(tmp_path: Path) -> None:
    """The enum of codes and their meanings must not part."""
    with pytest.raises(SchemaError, match="same codes"):
        changed(tmp_path, "$defs", "errorCode", "enum", value=["INVALID_MESSAGE"])


def test_a_reply_must_be_a_message(tmp_path: Path) -> None:
    """A mistyped reply is found when the schema is read."""
    with pytest.raises(SchemaError, match="names no message"):
        changed(tmp_path, "$defs", "createSession", "x-reply", value="sessionCreate")


def test_a_foreign_reference_is_an_error() -> None:
    """References stay within the schema."""
    with pytest.raises(SchemaError, match="must begin with"):
        name_of("https://example.com/schema.json")


def test_a_new_type_is_carried_into_the_validators(tmp_path: Path) -> None:
    """An entry in the schema is all that a new rule takes."""
    protocol = changed(tmp_path, "$defs", "quality", "enum", value=["standard", "premium", "gold"])

    assert '("standard", "premium", "gold")' in python_validators.write(protocol)


def test_the_page_must_have_every_table() -> None:
    """A table that lost its place would go stale unseen."""
    with pytest.raises(SchemaError, match="lacks the tables"):
        tables.write(load(), "# A page\n\n<!-- table:errors -->\n<!-- /table -->\n")


def test_a_marker_without_a_table_is_an_error() -> None:
    """A mistyped marker is found."""
    markers = "".join(f"<!-- table:{name} -->\n<!-- /table -->\n" for name in [*tables.TABLES, "mistyped"])

    with pytest.raises(SchemaError, match="no table of this name: mistyped"):
        tables.write(load(), markers)
