"""Writes the tables of PROTOCOL.md between their markers; the prose around them is written by hand.

A table stands between ``<!-- table:name -->`` and ``<!-- /table -->``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from protocol.python_validators import allowed
from protocol.source import Message, Protocol, Schema, SchemaError, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

_MARKED = re.compile(r"(<!-- table:(\w+) -->\n).*?(<!-- /table -->)", re.DOTALL)


def write(protocol: Protocol, text: str) -> str:
    """PROTOCOL.md's text with its tables made anew; raises `SchemaError` for a marker that has no table."""

    def table(found: re.Match[str]) -> str:
        make = TABLES.get(found[2])
        if make is None:
            raise SchemaError(f"no table of this name: {found[2]}; there are: {', '.join(TABLES)}")
        return f"{found[1]}{make(protocol)}\n{found[3]}"

    missing = set(TABLES) - {found[2] for found in _MARKED.finditer(text)}
    if missing:
        raise SchemaError(f"PROTOCOL.md lacks the tables {', '.join(sorted(missing))}")
    return _MARKED.sub(table, text)


def _requests(protocol: Protocol) -> str:
    rows = [
        (f"`{one.name}`", one.by, _fields(one), f"`{one.reply}`", one.description)
        for one in protocol.of("client")
    ]
    return _table(("action", "by", "fields", "reply", "what it does"), rows)


def _replies(protocol: Protocol) -> str:
    return _server(protocol, "reply")


def _pushes(protocol: Protocol) -> str:
    return _server(protocol, "push")


def _server(protocol: Protocol, kind: str) -> str:
    messages = [one for one in protocol.of("server") if kind in one.kinds]
    return _table(
        ("type", "fields", "meaning"), [(f"`{one.name}`", _fields(one), one.description) for one in messages]
    )


def _field_types(protocol: Protocol) -> str:
    rows = [
        (
            f"`{name}`",
            _cell(schema),
            str(schema["description"]),
            f"`{schema.get('x-errorCode', 'INVALID_MESSAGE')}`",
        )
        for name, schema in protocol.types.items()
        if name != "errorCode"
    ]
    return _table(("type", "what is allowed", "meaning", "otherwise"), rows)


def _cell(schema: Schema) -> str:
    words = allowed(schema)
    return f"{words} (`{schema['pattern']}`)" if "pattern" in schema else words


def _errors(protocol: Protocol) -> str:
    rows = [
        (f"`{one.name}`", str(one.status), one.meaning, "yes" if one.waiting_helps else "no", one.client)
        for one in protocol.errors
    ]
    return _table(("code", "HTTP", "meaning", "waiting helps", "what a client does"), rows)


def _close_codes(protocol: Protocol) -> str:
    rows = [(str(one.code), f"`{one.name}`", one.meaning, one.client) for one in protocol.close_codes]
    return _table(("code", "name", "meaning", "what a client does"), rows)


def _bodies(protocol: Protocol) -> str:
    return _table(
        ("body", "fields", "meaning"),
        [(f"`{one.name}`", _fields(one), one.description) for one in protocol.of("http")],
    )


TABLES: dict[str, Callable[[Protocol], str]] = {
    "requests": _requests,
    "replies": _replies,
    "pushes": _pushes,
    "types": _field_types,
    "errors": _errors,
    "closeCodes": _close_codes,
    "bodies": _bodies,
}


def _fields(message: Message) -> str:
    """The fields beside those that every message of its kind has; a question mark marks the optional ones."""
    fields = [
        f"`{name}{'' if name in message.required else '?'}`: {_type(schema)}"
        for name, schema in message.properties.items()
        if name not in {"action", "requestId"} and not (name == "type" and message.direction == "server")
    ]
    return ", ".join(fields) or "none"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return name_of(str(schema["$ref"]))
    if "const" in schema:
        return "true" if schema["const"] is True else f'"{schema["const"]}"'
    if schema["type"] == "array":
        return f"list of {_type(cast('Schema', schema['items']))}"
    return str(schema["type"])


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
