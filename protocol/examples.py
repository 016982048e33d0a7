"""Loads the example of each message from the fixtures that the tests validate.

Each file in tests/fixtures/messages/ names one of its valid cases as ``example``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from protocol.schema import ROOT, Protocol, SchemaError

if TYPE_CHECKING:
    from pathlib import Path

FIXTURES_PATH = ROOT / "tests" / "fixtures" / "messages"

Example = dict[str, object]


def load_examples(protocol: Protocol, directory: Path = FIXTURES_PATH) -> dict[str, Example]:
    """Return the example of each message, with its properties in the order of the schema.

    Raises `SchemaError` if a message has no fixture file, or if ``example`` is not one of its valid cases.
    """
    return {name: _example(protocol, name, directory / f"{name}.json") for name in protocol.messages}


def _example(protocol: Protocol, name: str, path: Path) -> Example:
    if not path.exists():
        raise SchemaError(f"{name} has no fixture file: {path.name} is missing in tests/fixtures/messages/")
    fixture = cast("dict[str, object]", json.loads(path.read_text(encoding="utf-8")))
    valid = {str(row["case"]): row["value"] for row in cast("list[Example]", fixture["valid"])}
    case = str(fixture.get("example"))
    if case not in valid:
        raise SchemaError(f"{path.name}: example must be a valid case ({', '.join(valid)}): {case}")
    value = cast("Example", valid[case])
    return {key: value[key] for key in protocol.messages[name].properties if key in value}
