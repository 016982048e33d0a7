"""Renders the generated sections of PROTOCOL.md between their markers; people write the text around them.

A section stands between ``<!-- generated:name -->`` and ``<!-- /generated -->``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

from protocol.openapi import OPERATIONS
from protocol.python_validators import describe_allowed
from protocol.schema import Message, Protocol, Schema, SchemaError, definition_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from protocol.examples import Example

    Render = Callable[[Protocol, dict[str, Example]], str]

_SECTION = re.compile(r"(<!-- generated:(\w+) -->\n).*?(<!-- /generated -->)", re.DOTALL)
_COMMON_PROPERTIES = {"action", "type", "requestId"}
_LINE_LENGTH = 100


def render(protocol: Protocol, examples: dict[str, Example], page: str) -> str:
    """Return the page with its sections generated again.

    Raises `SchemaError` if the page lacks a section, or has a marker that no section matches.
    """

    def section(match: re.Match[str]) -> str:
        render_section = SECTIONS.get(match[2])
        if render_section is None:
            raise SchemaError(f"unknown section: {match[2]}; allowed: {', '.join(SECTIONS)}")
        return f"{match[1]}{render_section(protocol, examples)}\n{match[3]}"

    missing = set(SECTIONS) - {match[2] for match in _SECTION.finditer(page)}
    if missing:
        raise SchemaError(f"PROTOCOL.md lacks the sections {', '.join(sorted(missing))}")
    return _SECTION.sub(section, page)


def _client_messages(protocol: Protocol, examples: dict[str, Example]) -> str:
    messages = protocol.messages_of("client")
    rows = [(_link(one.name), one.sender, _link(one.reply)) for one in messages]
    overview = _table(("action", "allowed for", "reply"), rows)
    return _sections(overview, [_message(protocol, one, examples) for one in messages])


def _server_messages(protocol: Protocol, examples: dict[str, Example]) -> str:
    messages = protocol.messages_of("server")
    rows = [
        (_link(one.name), _answers(protocol, one), "yes" if "push" in one.kinds else "no") for one in messages
    ]
    overview = _table(("type", "reply to", "push"), rows)
    return _sections(overview, [_message(protocol, one, examples) for one in messages])


def _http_bodies(protocol: Protocol, examples: dict[str, Example]) -> str:
    return _sections(*(_message(protocol, one, examples) for one in protocol.messages_of("http")))


def _types(protocol: Protocol, _: dict[str, Example]) -> str:
    rows = [
        (
            f"`{name}`",
            _allowed_with_pattern(schema),
            str(schema["description"]),
            f"`{schema.get('x-errorCode', 'INVALID_MESSAGE')}`",
        )
        for name, schema in protocol.types.items()
        if name != "errorCode"
    ]
    table = _table(("type", "allowed values", "meaning", "error code if invalid"), rows)
    return _sections(table, [f"`{one.name}`:\n\n{_properties(protocol, one)}" for one in protocol.objects])


def _errors(protocol: Protocol, _: dict[str, Example]) -> str:
    rows = [
        (f"`{one.name}`", str(one.status), one.meaning, "yes" if one.retryable else "no", one.client_action)
        for one in protocol.errors
    ]
    return _table(("code", "HTTP status", "meaning", "retryable", "what a client does"), rows)


def _close_codes(protocol: Protocol, _: dict[str, Example]) -> str:
    rows = [(str(one.code), f"`{one.name}`", one.meaning, one.client_action) for one in protocol.close_codes]
    return _table(("code", "name", "meaning", "what a client does"), rows)


SECTIONS: dict[str, Render] = {
    "clientMessages": _client_messages,
    "serverMessages": _server_messages,
    "types": _types,
    "errors": _errors,
    "closeCodes": _close_codes,
    "httpBodies": _http_bodies,
}


def _message(protocol: Protocol, message: Message, examples: dict[str, Example]) -> str:
    """Return a message's section: direction, description, properties and example."""
    return _sections(
        f"#### `{message.name}`",
        f"Direction: **{_direction(message)}**",
        message.description,
        _properties(protocol, message),
        _alternatives(message),
        f"```json\n{_json(examples[message.name])}\n```",
    )


def _properties(protocol: Protocol, message: Message) -> str:
    """Return the table of a message's properties, empty if it has none of its own."""
    rows = [
        (
            f"`{name}`",
            _type_name(schema),
            "yes" if name in message.required else "no",
            str(protocol.resolve(schema).get("description", "")),
        )
        for name, schema in message.properties.items()
        if name not in _COMMON_PROPERTIES or message.direction == "http"
    ]
    return _table(("property", "type", "required", "meaning"), rows) if rows else ""


def _direction(message: Message) -> str:
    if message.direction == "client":
        return "client → server"
    if message.direction == "server":
        return f"server → client, {' and '.join(message.kinds)}"
    is_request = any(operation.request == message.name for operation in OPERATIONS)
    return f"client {'→' if is_request else '←'} server, HTTP {'request' if is_request else 'response'}"


def _answers(protocol: Protocol, message: Message) -> str:
    """Return the actions that a server message answers."""
    if message.name == "error":
        return "any action"
    actions = [one.name for one in protocol.messages_of("client") if one.reply == message.name]
    return ", ".join(map(_link, actions)) or "none"


def _alternatives(message: Message) -> str:
    """Return the sentence for properties of which a message has one set or the other."""
    choices = [
        " and ".join(f"`{name}`" for name in cast("list[str]", one.get("required", []))) or "none of them"
        for one in cast("list[Schema]", message.schema.get("oneOf", []))
    ]
    if not choices:
        return ""
    return f"Alternatives: {', or '.join(choices)}."


def _type_name(schema: Schema) -> str:
    if "$ref" in schema:
        return definition_name(str(schema["$ref"]))
    if "const" in schema:
        return "`true`" if schema["const"] is True else f'`"{schema["const"]}"`'
    if schema["type"] == "array":
        return f"list of {_type_name(cast('Schema', schema['items']))}"
    return str(schema["type"])


def _allowed_with_pattern(schema: Schema) -> str:
    allowed = describe_allowed(schema)
    return f"{allowed} (`{schema['pattern']}`)" if "pattern" in schema else allowed


def _json(example: Example) -> str:
    """Return the example on one line if it fits, otherwise indented."""
    line = json.dumps(example, ensure_ascii=False)
    return line if len(line) <= _LINE_LENGTH else json.dumps(example, ensure_ascii=False, indent=2)


def _link(name: str) -> str:
    return f"[`{name}`](#{name.lower()})"


def _sections(*parts: str | list[str]) -> str:
    """Join the non-empty parts with an empty line between them."""
    flat = [text for part in parts for text in ([part] if isinstance(part, str) else part)]
    return "\n\n".join(text for text in flat if text)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
