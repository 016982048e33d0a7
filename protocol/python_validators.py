"""Writes functions/wire/schema_generated.py: tables of the checks in functions/wire/validators.py.

A keyword of the schema that no check carries out is an error here, so that the validators never allow what
the schema forbids.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

from protocol.source import Message, Protocol, Schema, SchemaError, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOTES = {"description", "default", "examples", "x-allowed", "x-errorCode"}
_OF_TYPE = {
    "string": {"type", "minLength", "maxLength", "pattern", "enum"},
    "integer": {"type", "minimum", "maximum"},
    "array": {"type", "items", "minItems", "maxItems", "uniqueItems"},
}
_OF_MESSAGE = {
    "description",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "dependentRequired",
    "anyOf",
}
_HEAD = '''"""Validators of the client's messages and of the HTTP bodies.

Generated from protocol/schema.json by `python -m protocol`; do not edit.
"""

from __future__ import annotations

from wire.validators import InvalidMessage, Shape, integer, list_of, one_of, text

'''
_TAIL = '''

def validate(action: str, message: object) -> None:
    """Check a client's message; raise `InvalidMessage` with the property, the error code and a text."""
    shape = MESSAGES.get(action)
    if shape is None:
        raise InvalidMessage("action", "UNKNOWN_ACTION", f"action must be one of: {', '.join(MESSAGES)}")
    shape.check(message)


def validate_body(name: str, body: object) -> None:
    """Check the body of an HTTP request, `createSession` or `updateSession`; raise `InvalidMessage`."""
    BODIES[name].check(body)
'''


def write(protocol: Protocol) -> str:
    """The module's text."""
    clients = protocol.of("client")
    bodies = [message for message in protocol.of("http") if message.name in _request_bodies(protocol)]
    used = _types_used(protocol, [*clients, *bodies])
    lines = [
        _HEAD,
        f'SUBPROTOCOL = "{protocol.subprotocol}"',
        f'TOKEN_SUBPROTOCOL_PREFIX = "{protocol.token_prefix}"',
        "",
        "# Error code: its HTTP status, and whether waiting helps.",
        "ERRORS: dict[str, tuple[int, bool]] = {",
        *(f'    "{error.name}": ({error.status}, {error.waiting_helps}),' for error in protocol.errors),
        "}",
        "",
        "# ISO 639-1.",
        *_languages(protocol),
        "",
        *(f"_{constant(name)} = {_check(protocol, protocol.types[name])}" for name in used),
        "",
        "MESSAGES: dict[str, Shape] = {",
        *(_shape(protocol, message.name, message) for message in clients),
        "}",
        "",
        "BODIES: dict[str, Shape] = {",
        *(_shape(protocol, message.name.removesuffix("Body"), message) for message in bodies),
        "}",
    ]
    return "\n".join(lines) + "\n" + _TAIL


def constant(name: str) -> str:
    """camelCase as UPPER_CASE."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def allowed(schema: Schema) -> str:
    """What a value may be, in words, for error texts and tables."""
    if "x-allowed" in schema:
        words = str(schema["x-allowed"])
    elif "const" in schema:
        words = str(schema["const"]) if isinstance(schema["const"], str) else "true"
    elif "enum" in schema:
        words = "one of " + ", ".join(str(value) for value in cast("list[object]", schema["enum"]))
    elif schema["type"] == "integer":
        words = f"a whole number from {schema['minimum']} to {schema['maximum']}"
    elif schema["type"] == "array":
        words = f"a list of {schema['minItems']} to {schema['maxItems']} different items"
    elif "maxLength" in schema:
        words = f"a string of {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    else:
        words = "a string"
    return words


def _request_bodies(protocol: Protocol) -> set[str]:
    return {f"{message.name}Body" for message in protocol.of("client")}


def _types_used(protocol: Protocol, messages: list[Message]) -> list[str]:
    used: set[str] = set()
    for message in messages:
        for schema in message.properties.values():
            for one in (schema, cast("Schema", schema.get("items", {}))):
                if "$ref" in one:
                    used.add(name_of(str(one["$ref"])))
    return [name for name in protocol.types if name in used]


def _languages(protocol: Protocol) -> list[str]:
    codes = cast("list[str]", protocol.types["language"]["enum"])
    rows = [" ".join(codes[start : start + 30]) for start in range(0, len(codes), 30)]
    texts = [f'    "{row}"' if row == rows[-1] else f'    "{row} "' for row in rows]
    return ["LANGUAGES = frozenset(", "    (", *(f"    {row}" for row in texts), "    ).split()", ")"]


def _check(protocol: Protocol, schema: Schema) -> str:
    """The call that makes the check of one type."""
    if "$ref" in schema:
        return f"_{constant(name_of(str(schema['$ref'])))}"
    words, code = allowed(schema), str(schema.get("x-errorCode", "INVALID_MESSAGE"))
    if "const" in schema:
        _only(schema, {"const"})
        return f"one_of({_text(words)}, {_text(code)}, ({_text(str(schema['const']))},))"
    kind = str(schema["type"])
    _only(schema, _OF_TYPE[kind])
    if "enum" in schema:
        values = (
            "LANGUAGES" if schema is protocol.types["language"] else _tuple(cast("list[str]", schema["enum"]))
        )
        return f"one_of({_text(words)}, {_text(code)}, {values})"
    if kind == "integer":
        return f"integer({_text(words)}, {_text(code)}, {schema['minimum']}, {schema['maximum']})"
    if kind == "array":
        if schema.get("uniqueItems") is not True:
            raise SchemaError("a list must have uniqueItems")
        item = _check(protocol, cast("Schema", schema["items"]))
        return f"list_of({_text(words)}, {_text(code)}, {item}, {schema['minItems']}, {schema['maxItems']})"
    pattern = f', r"{schema["pattern"]}"' if "pattern" in schema else ""
    lengths = f"{schema.get('minLength', 0)}, {schema.get('maxLength')}"
    return f"text({_text(words)}, {_text(code)}, {lengths}{pattern})"


def _shape(protocol: Protocol, name: str, message: Message) -> str:
    _only(message.schema, {*_OF_MESSAGE, "x-direction", "x-by", "x-reply"})
    if message.schema.get("additionalProperties") is not False:
        raise SchemaError(f"{message.name}: additionalProperties must be false")
    together = [
        (one, other)
        for one, others in cast("dict[str, list[str]]", message.schema.get("dependentRequired", {})).items()
        for other in others
    ]
    alternatives = [
        cast("list[str]", one["required"]) for one in cast("list[Schema]", message.schema.get("anyOf", []))
    ]
    if any(len(names) != 1 for names in alternatives):
        raise SchemaError(f"{message.name}: anyOf may only ask for one property each")
    parts: list[str] = []
    rows = [
        f'            "{key}": {_check(protocol, _bare(one))},' for key, one in message.properties.items()
    ]
    if message.required:
        parts.append(f"        required={_tuple(message.required)},")
    if together:
        parts.append(f"        together=({', '.join(map(_tuple, together))}),")
    if alternatives:
        parts.append(f"        any_of={_tuple([names[0] for names in alternatives])},")
    return "\n".join([f'    "{name}": Shape(', "        {", *rows, "        },", *parts, "    ),"])


def _bare(schema: Schema) -> Schema:
    """A property without what may stand beside its reference: a note, never a rule."""
    if "$ref" not in schema:
        return schema
    _only({key: one for key, one in schema.items() if key != "$ref"}, set())
    return {"$ref": schema["$ref"]}


def _only(schema: Schema, keywords: set[str]) -> None:
    unknown = sorted(set(schema) - keywords - _NOTES)
    if unknown:
        raise SchemaError(f"no check carries out {', '.join(unknown)} in {schema}")


def _text(value: str) -> str:
    """A Python string literal in double quotes."""
    return json.dumps(value)


def _tuple(values: Sequence[str]) -> str:
    """A Python tuple of strings."""
    return f"({', '.join(map(_text, values))}{',' if len(values) == 1 else ''})"
