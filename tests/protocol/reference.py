"""What the tests compare the generated validators with: the schema itself, under `jsonschema`.

Two adjustments make the reference say what the protocol says: a pattern's end is the end of the text, as in
ECMA-262 (Python's ``$`` would let a line feed follow), and an integer has no fraction part, as the page says.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend  # pyright: ignore[reportUnknownVariableType]

from protocol.source import ROOT, Schema, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIXTURES = ROOT / "tests" / "fixtures" / "messages"
PROTOCOL = load()


class SchemaValidator(Protocol):
    """The two methods of a `jsonschema` validator that the tests use."""

    def is_valid(self, instance: object) -> bool: ...
    def iter_errors(self, instance: object) -> Iterator[ValidationError]: ...


@dataclass(frozen=True, kw_only=True)
class Case:
    """One example of a message; ``code`` and ``property`` are what a validator must name for a bad one."""

    message: str
    direction: str
    name: str
    value: object
    valid: bool
    property: str | None = None
    code: str | None = None

    def __str__(self) -> str:
        return f"{self.message}: {self.name}"


def cases(directory: Path = FIXTURES) -> list[Case]:
    """Every example of the shared fixtures."""
    return [case for path in sorted(directory.glob("*.json")) for case in _cases(path)]


def schema_allows(message: str, value: object) -> bool:
    """Whether the schema allows the value as this message."""
    return _VALIDATORS[message].is_valid(value)


def schema_errors(message: str, value: object) -> list[ValidationError]:
    """What the schema finds wrong with the value."""
    return list(_VALIDATORS[message].iter_errors(value))


def _cases(path: Path) -> Iterator[Case]:
    document = cast("dict[str, object]", json.loads(path.read_text(encoding="utf-8")))
    for kind in ("valid", "invalid"):
        for row in cast("list[dict[str, object]]", document[kind]):
            yield Case(
                message=str(document["message"]),
                direction=str(document["direction"]),
                name=str(row["case"]),
                value=row["value"],
                valid=kind == "valid",
                property=cast("str | None", row.get("property")),
                code=cast("str | None", row.get("code")),
            )


def _whole_pattern(_: object, pattern: str, instance: object, __: Schema) -> Iterator[ValidationError]:
    ends = re.sub(r"\$$", r"\\Z", pattern)
    if isinstance(instance, str) and not re.search(ends, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _is_integer(_: object, instance: object) -> bool:
    return isinstance(instance, int) and not isinstance(instance, bool)


_Reference = cast(
    "type[Draft202012Validator]",
    extend(
        Draft202012Validator,
        {"pattern": _whole_pattern},
        type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
    ),
)
_VALIDATORS = {
    name: cast(
        "SchemaValidator",
        _Reference({"$ref": f"#/$defs/{name}", "$defs": cast("Any", PROTOCOL.schema["$defs"])}),
    )
    for name in PROTOCOL.messages
}
