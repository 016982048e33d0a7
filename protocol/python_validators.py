"""Renders functions/wire/schema_generated.py from the checks in functions/wire/validators.py.

A schema keyword that no check supports is an error here, so that the validators never allow a message that
the schema forbids.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

from protocol.schema import Message, Protocol, Schema, SchemaError, definition_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANNOTATIONS = {"description", "default", "examples", "x-allowed", "x-errorCode"}
_KEYWORDS_BY_TYPE = {
    "string": {"type", "minLength", "maxLength", "pattern", "enum"},
    "integer": {"type", "minimum", "maximum"},
    "boolean": {"type"},
    "array": {"type", "items", "minItems", "maxItems", "uniqueItems"},
}
_MESSAGE_KEYWORDS = {
    "description",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "dependentRequired",
    "anyOf",
}
_HEAD = '''"""Validators of client messages and HTTP request bodies.

Generated from protocol/schema.json by `python -m protocol`; do not edit.
"""

from __future__ import annotations

from wire.validators import InvalidMessage, ObjectSchema, boolean, integer, list_of, one_of, text

'''
_TAIL = '''

def validate(action: str, message: object) -> None:
    """Validate a client message; raises `InvalidMessage` with the property, the error code and a text."""
    shape = MESSAGES.get(action)
    if shape is None:
        raise InvalidMessage("action", "UNKNOWN_ACTION", f"action must be one of: {', '.join(MESSAGES)}")
    shape.check(message)


def validate_body(name: str, body: object) -> None:
    """Validate the body of the HTTP request `createSession` or `updateSession`; raises `InvalidMessage`."""
    BODIES[name].check(body)
'''


def render(protocol: Protocol) -> str:
    """Return the module's source; raises `SchemaError` for a keyword that no check supports."""
    clients = protocol.messages_of("client")
    bodies = [
        message for message in protocol.messages_of("http") if message.name in _request_bodies(protocol)
    ]
    used = _types_used(protocol, [*clients, *bodies])
    lines = [
        _HEAD,
        f'SUBPROTOCOL = "{protocol.subprotocol}"',
        f'TOKEN_SUBPROTOCOL_PREFIX = "{protocol.token_prefix}"',
        "",
        "# For each error code, the HTTP status and whether a retry can succeed.",
        "ERRORS: dict[str, tuple[int, bool]] = {",
        *(f'    "{error.name}": ({error.status}, {error.retryable}),' for error in protocol.errors),
        "}",
        "",
        "# ISO 639-1.",
        *_languages(protocol),
        "",
        *(f"_{_constant(name)} = {_check(protocol, protocol.types[name])}" for name in used),
        "",
        "MESSAGES: dict[str, ObjectSchema] = {",
        *(_object_schema(protocol, message.name, message) for message in clients),
        "}",
        "",
        "BODIES: dict[str, ObjectSchema] = {",
        *(_object_schema(protocol, message.name.removesuffix("Body"), message) for message in bodies),
        "}",
    ]
    return "\n".join(lines) + "\n" + _TAIL


def _constant(name: str) -> str:
    """Convert camelCase to UPPER_CASE."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def describe_allowed(schema: Schema) -> str:
    """Return the allowed values in words, for error texts and tables."""
    if "x-allowed" in schema:
        words = str(schema["x-allowed"])
    elif "const" in schema:
        words = str(schema["const"]) if isinstance(schema["const"], str) else "true"
    elif "enum" in schema:
        words = "one of " + ", ".join(str(value) for value in cast("list[object]", schema["enum"]))
    elif schema["type"] == "boolean":
        words = "true or false"
    elif schema["type"] == "object":
        words = "an object"
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
    return {f"{message.name}Body" for message in protocol.messages_of("client")}


def _types_used(protocol: Protocol, messages: list[Message]) -> list[str]:
    used: set[str] = set()
    for message in messages:
        for schema in message.properties.values():
            for one in (schema, cast("Schema", schema.get("items", {}))):
                if "$ref" in one:
                    used.add(definition_name(str(one["$ref"])))
    return [name for name in protocol.types if name in used]


def _languages(protocol: Protocol) -> list[str]:
    codes = cast("list[str]", protocol.types["language"]["enum"])
    rows = [" ".join(codes[start : start + 30]) for start in range(0, len(codes), 30)]
    texts = [f'    "{row}"' if row == rows[-1] else f'    "{row} "' for row in rows]
    return ["LANGUAGES = frozenset(", "    (", *(f"    {row}" for row in texts), "    ).split()", ")"]


def _check(protocol: Protocol, schema: Schema) -> str:
    """Return the expression that creates the check of a schema."""
    if "$ref" in schema:
        return f"_{_constant(definition_name(str(schema['$ref'])))}"
    code = str(schema.get("x-errorCode", "INVALID_MESSAGE"))
    arguments = f"{_quoted(describe_allowed(schema))}, {_quoted(code)}"
    if "const" in schema:
        _require_supported(schema, {"const"})
        return f"one_of({arguments}, {_tuple_literal([str(schema['const'])])})"
    kind = str(schema["type"])
    _require_supported(schema, _KEYWORDS_BY_TYPE[kind])
    if "enum" in schema:
        values = (
            "LANGUAGES"
            if schema is protocol.types["language"]
            else _tuple_literal(cast("list[str]", schema["enum"]))
        )
        return f"one_of({arguments}, {values})"
    if kind in {"boolean", "integer"}:
        bounds = f", {schema['minimum']}, {schema['maximum']}" if kind == "integer" else ""
        return f"{kind}({arguments}{bounds})"
    if kind == "array":
        if schema.get("uniqueItems") is not True:
            raise SchemaError(f"an array must have uniqueItems: true: {schema}")
        item = _check(protocol, cast("Schema", schema["items"]))
        return f"list_of({arguments}, {item}, {schema['minItems']}, {schema['maxItems']})"
    pattern = f', r"{schema["pattern"]}"' if "pattern" in schema else ""
    lengths = f"{schema.get('minLength', 0)}, {schema.get('maxLength')}"
    return f"text({arguments}, {lengths}{pattern})"


def _object_schema(protocol: Protocol, name: str, message: Message) -> str:
    _require_supported(message.schema, {*_MESSAGE_KEYWORDS, "x-direction", "x-sender", "x-reply"})
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
        raise SchemaError(f"{message.name}: each anyOf alternative must require exactly one property")
    parts: list[str] = []
    rows = [
        f'            "{key}": {_check(protocol, _reference_only(one))},'
        for key, one in message.properties.items()
    ]
    if message.required:
        parts.append(f"        required={_tuple_literal(message.required)},")
    if together:
        parts.append(f"        together=({', '.join(map(_tuple_literal, together))}),")
    if alternatives:
        parts.append(f"        any_of={_tuple_literal([names[0] for names in alternatives])},")
    return "\n".join([f'    "{name}": ObjectSchema(', "        {", *rows, "        },", *parts, "    ),"])


def _reference_only(schema: Schema) -> Schema:
    """Return a reference without its annotations; raises `SchemaError` for other keywords beside it."""
    if "$ref" not in schema:
        return schema
    _require_supported({key: one for key, one in schema.items() if key != "$ref"}, set())
    return {"$ref": schema["$ref"]}


def _require_supported(schema: Schema, keywords: set[str]) -> None:
    unknown = sorted(set(schema) - keywords - _ANNOTATIONS)
    if unknown:
        raise SchemaError(f"no check supports {', '.join(unknown)} in {schema}")


def _quoted(value: str) -> str:
    """Return a Python string literal in double quotes."""
    return json.dumps(value)


def _tuple_literal(values: Sequence[str]) -> str:
    """Return a Python tuple literal of strings."""
    return f"({', '.join(map(_quoted, values))}{',' if len(values) == 1 else ''})"
