"""What is generated is up to date, and the two documents are what their specifications ask for."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import validate as validate_openapi

from protocol import asyncapi, openapi
from protocol.artefacts import drifted
from protocol.source import ROOT, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.protocol.reference import SchemaValidator

ASYNCAPI_SCHEMA = ROOT / "web" / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"


def document(text: str) -> dict[str, object]:
    """A generated document as it is read."""
    return cast("dict[str, object]", json.loads(text))


def references(value: object) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(value, dict):
        for key, one in cast("dict[str, object]", value).items():
            if key == "$ref":
                yield str(one)
            else:
                yield from references(one)
    elif isinstance(value, list):
        for one in cast("list[object]", value):
            yield from references(one)


def resolves(whole: dict[str, object], reference: str) -> bool:
    """Whether a reference leads somewhere."""
    place = whole
    for step in reference.removeprefix("#/").split("/"):
        if step not in place:
            return False
        place = cast("dict[str, object]", place[step])
    return True


def test_nothing_generated_has_drifted() -> None:
    """`python -m protocol` would change no file."""
    assert drifted() == []


def test_the_command_reports_no_drift() -> None:
    """The check that CI runs ends with 0."""
    result = subprocess.run(
        [sys.executable, "-m", "protocol", "--check"], cwd=ROOT, capture_output=True, check=False
    )

    assert (result.returncode, result.stderr) == (0, b"")


def test_the_schema_is_json_schema() -> None:
    """Held against the metaschema of draft 2020-12."""
    Draft202012Validator.check_schema(cast("Any", load().schema))


def test_the_languages_are_those_of_iso_639_1() -> None:
    """183 codes are in force, each once and in order."""
    languages = cast("list[str]", load().types["language"]["enum"])

    assert languages == sorted(set(languages))
    assert len(languages) == 183


def test_the_openapi_document_is_valid() -> None:
    """Held against OpenAPI 3.1 by its validator."""
    validate_openapi(document(openapi.write(load())))


def test_every_http_body_is_used() -> None:
    """A body that no operation names is a leftover."""
    named = {reference.rsplit("/", 1)[1] for reference in references(document(openapi.write(load())))}

    assert {message.name for message in load().of("http")} <= named


@pytest.mark.skipif(
    not ASYNCAPI_SCHEMA.exists(), reason="web/node_modules lacks @asyncapi/specs: run npm ci in web/"
)
def test_the_asyncapi_document_is_valid() -> None:
    """Held against the specification's own schema, which refuses a changed document."""
    specification = json.loads(ASYNCAPI_SCHEMA.read_text(encoding="utf-8"))
    schema = cast("SchemaValidator", cast("object", Draft7Validator(specification)))
    written = json.loads(asyncapi.write(load()))

    assert [error.message for error in schema.iter_errors(written)] == []
    written["operations"]["createSession"]["action"] = "shout"
    assert [error.message for error in schema.iter_errors(written)]


def test_every_reference_of_the_asyncapi_document_resolves() -> None:
    """The specification's schema does not look."""
    written = document(asyncapi.write(load()))

    assert [one for one in references(written) if not resolves(written, one)] == []


def test_every_action_has_an_operation_with_its_reply() -> None:
    """A request may be answered by its reply or by an error."""
    operations = cast("dict[str, dict[str, object]]", document(asyncapi.write(load()))["operations"])
    for message in load().of("client"):
        answers = set(references(operations[message.name]["reply"]))
        assert {f"#/channels/connection/messages/{name}" for name in (message.reply, "error")} <= answers
