"""The generated files are up to date, and the two API documents conform to their specifications."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import validate as validate_openapi

from protocol import asyncapi, openapi
from protocol.examples import load_examples
from protocol.generated_files import stale_files
from protocol.schema import ROOT, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.protocol.reference import SchemaValidator

PROTOCOL = load()
EXAMPLES = load_examples(PROTOCOL)
ASYNCAPI_SCHEMA = ROOT / "web" / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"


def document(text: str) -> dict[str, object]:
    """Parse a generated document."""
    return cast("dict[str, object]", json.loads(text))


def references(value: object) -> Iterator[str]:
    """Yield every `$ref` in a document."""
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
    """Return whether a reference has a target in the document."""
    place = whole
    for step in reference.removeprefix("#/").split("/"):
        if step not in place:
            return False
        place = cast("dict[str, object]", place[step])
    return True


def test_nothing_generated_has_stale_files() -> None:
    """`python -m protocol` would change no file."""
    assert stale_files() == []


def test_the_check_command_succeeds() -> None:
    """`python -m protocol --check` exits with 0 and prints nothing."""
    result = subprocess.run(
        [sys.executable, "-m", "protocol", "--check"], cwd=ROOT, capture_output=True, check=False
    )

    assert (result.returncode, result.stderr) == (0, b"")


def test_the_schema_is_json_schema() -> None:
    """It is valid against the metaschema of draft 2020-12."""
    Draft202012Validator.check_schema(cast("Any", PROTOCOL.schema))


def test_the_languages_are_those_of_iso_639_1() -> None:
    """ISO 639-1 has 183 codes; the list is sorted and has no duplicates."""
    languages = cast("list[str]", PROTOCOL.types["language"]["enum"])

    assert languages == sorted(set(languages))
    assert len(languages) == 183


def test_the_openapi_document_is_valid() -> None:
    """The OpenAPI 3.1 validator accepts it."""
    validate_openapi(document(openapi.render(PROTOCOL, EXAMPLES)))


def test_every_http_body_is_used() -> None:
    """No body is left that no operation refers to."""
    named = {
        reference.rsplit("/", 1)[1] for reference in references(document(openapi.render(PROTOCOL, EXAMPLES)))
    }

    assert {message.name for message in PROTOCOL.messages_of("http")} <= named


@pytest.mark.skipif(
    not ASYNCAPI_SCHEMA.exists(), reason="web/node_modules lacks @asyncapi/specs: run npm ci in web/"
)
def test_the_asyncapi_document_is_valid() -> None:
    """The specification's schema accepts it, and rejects an invalid change of it."""
    specification = json.loads(ASYNCAPI_SCHEMA.read_text(encoding="utf-8"))
    schema = cast("SchemaValidator", cast("object", Draft7Validator(specification)))
    written = json.loads(asyncapi.render(PROTOCOL, EXAMPLES))

    assert [error.message for error in schema.iter_errors(written)] == []
    written["operations"]["createSession"]["action"] = "shout"
    assert [error.message for error in schema.iter_errors(written)]


def test_every_reference_of_the_asyncapi_document_resolves() -> None:
    """The specification's schema does not check references."""
    written = document(asyncapi.render(PROTOCOL, EXAMPLES))

    assert [one for one in references(written) if not resolves(written, one)] == []


def test_every_action_has_an_operation_with_its_reply() -> None:
    """The reply to a request is its own reply or an error."""
    operations = cast(
        "dict[str, dict[str, object]]", document(asyncapi.render(PROTOCOL, EXAMPLES))["operations"]
    )
    for message in PROTOCOL.messages_of("client"):
        answers = set(references(operations[message.name]["reply"]))
        assert {f"#/channels/connection/messages/{name}" for name in (message.reply, "error")} <= answers
