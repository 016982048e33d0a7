"""The reference for the generated validators: the schema itself, evaluated by `jsonschema`.

Two adjustments match PROTOCOL.md: a pattern's ``$`` is the end of the text, as in ECMA-262 (in Python it also
matches before a final line feed), and an integer has no fraction.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend  # pyright: ignore[reportUnknownVariableType]

from protocol.schema import ROOT, Schema, load

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
    """One case of a fixture; ``code`` and ``property`` are what a validator reports for an invalid one."""

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
    """Return every case of the shared fixtures."""
    return [case for path in sorted(directory.glob("*.json")) for case in _cases(path)]


def schema_allows(message: str, value: object) -> bool:
    """Return whether the schema allows the value as this message."""
    return _VALIDATORS[message].is_valid(value)


def schema_errors(message: str, value: object) -> list[ValidationError]:
    """Return the schema's validation errors for the value."""
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
