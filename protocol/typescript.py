"""Writes protocol.generated.ts of web/client: one type a message, and unions by `action` and `type`."""

from __future__ import annotations

import json
from typing import cast

from protocol.source import Message, Protocol, Schema, name_of

_HEAD = """/**
 * The protocol's messages, error codes and close codes.
 *
 * Generated from protocol/schema.json by `python -m protocol`; do not edit.
 */
"""
_PRIMITIVES = {"string": "string", "integer": "number"}


def write(protocol: Protocol) -> str:
    """The module's text."""
    messages = [message for direction in ("client", "server", "http") for message in protocol.of(direction)]
    parts = [
        _HEAD,
        f"export const SUBPROTOCOL = {json.dumps(protocol.subprotocol)};",
        f"export const TOKEN_SUBPROTOCOL_PREFIX = {json.dumps(protocol.token_prefix)};\n",
        *(_type(name, schema) for name, schema in protocol.types.items() if _named(schema)),
        *(_message(message) for message in messages),
        _union("ClientMessage", "What a client sends.", protocol.of("client")),
        _union("ServerMessage", "What a client receives.", protocol.of("server")),
        _union("Reply", "What answers a request.", [m for m in protocol.of("server") if "reply" in m.kinds]),
        _union("Push", "What comes unasked.", [m for m in protocol.of("server") if "push" in m.kinds]),
        "/** The reply to each action; any of them may be answered by `error` instead. */",
        "export interface ReplyOf {",
        *(f"  {message.name}: {_pascal(message.reply)};" for message in protocol.of("client")),
        "}\n",
        "/** For each error code its HTTP status, and whether the same request can succeed later. */",
        "export const ERRORS: Readonly<Record<ErrorCode, { status: number; waitingHelps: boolean }>> = {",
        *(
            f"  {error.name}: {{ status: {error.status}, waitingHelps: {json.dumps(error.waiting_helps)} }},"
            for error in protocol.errors
        ),
        "};\n",
        "/** Close codes that a client meets. */",
        "export const CLOSE_CODES = {",
        *(f"  /** {close.meaning} */\n  {close.name}: {close.code}," for close in protocol.close_codes),
        "} as const;\n",
        "export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES];",
    ]
    return "\n".join(parts) + "\n"


def _named(schema: Schema) -> bool:
    """Whether a shared type gets a name of its own: those with a set of values."""
    return "enum" in schema


def _type(name: str, schema: Schema) -> str:
    """An enum as a constant list and the union of its values."""
    values = cast("list[str]", schema["enum"])
    lines: list[str] = []
    line = " "
    for value in values:
        piece = f" {json.dumps(value)},"
        if len(line) + len(piece) > 100:
            lines.append(line)
            line = " "
        line += piece
    body = "\n".join([*lines, line])
    plural = {"quality": "QUALITIES", "status": "STATUSES", "openStatus": "OPEN_STATUSES"}
    constant = plural.get(name) or "".join(f"_{c}" if c.isupper() else c.upper() for c in name) + "S"
    return (
        f"/** {schema['description']} */\n"
        f"export const {constant} = [\n{body}\n] as const;\n"
        f"export type {_pascal(name)} = (typeof {constant})[number];\n"
    )


def _message(message: Message) -> str:
    """One message as a type; alternatives (`oneOf`) become a union beside the common part."""
    alternatives = cast("list[Schema]", message.schema.get("oneOf", []))
    special = {name for one in alternatives for name in _mentioned(one)}
    common = [_property(message, name) for name in message.properties if name not in special]
    base = "{\n" + "\n".join(common) + "\n}"
    head = f"/** {message.description} */\nexport "
    if not alternatives:
        return f"{head}interface {_pascal(message.name)} {base}\n"
    variants = [
        _variant(message, one, [n for n in message.properties if n in special]) for one in alternatives
    ]
    return f"{head}type {_pascal(message.name)} = {base} & (\n" + "\n".join(variants) + "\n);\n"


def _mentioned(alternative: Schema) -> list[str]:
    forbidden = list(cast("dict[str, bool]", alternative.get("properties", {})))
    return [*cast("list[str]", alternative.get("required", [])), *forbidden]


def _variant(message: Message, alternative: Schema, special: list[str]) -> str:
    required = cast("list[str]", alternative.get("required", []))
    forbidden = cast("dict[str, bool]", alternative.get("properties", {}))
    taken = {
        name
        for one in cast("list[Schema]", message.schema["oneOf"])
        for name in cast("list[str]", one.get("required", []))
    }
    fields: list[str] = []
    for name in special:
        kind = _kind(message.properties[name])
        if name in required:
            fields.append(f"{name}: {kind}")
        elif name in forbidden or name in taken:
            fields.append(f"{name}?: undefined")
        else:
            fields.append(f"{name}?: {kind}")
    return f"  | {{ {'; '.join(fields)} }}"


def _property(message: Message, name: str) -> str:
    schema = message.properties[name]
    note = f"  /** {schema['description']} */\n" if "description" in schema else ""
    mark = "" if name in message.required else "?"
    return f"{note}  {name}{mark}: {_kind(schema)};"


def _kind(schema: Schema) -> str:
    if "const" in schema:
        return json.dumps(schema["const"])
    if "$ref" in schema:
        return _REFERENCES.get(name_of(str(schema["$ref"])), "") or _pascal(name_of(str(schema["$ref"])))
    if schema["type"] == "array":
        return f"readonly {_kind(cast('Schema', schema['items']))}[]"
    return _PRIMITIVES[str(schema["type"])]


_REFERENCES = {
    **dict.fromkeys(("requestId", "sessionId", "epoch", "time", "token", "data", "contentType"), "string"),
    **dict.fromkeys(("offset", "generation", "version", "count", "seconds", "milliseconds"), "number"),
}


def _union(name: str, note: str, messages: list[Message]) -> str:
    rows = "\n".join(f"  | {_pascal(message.name)}" for message in messages)
    return f"/** {note} */\nexport type {name} =\n{rows};\n"


def _pascal(name: str) -> str:
    """camelCase as PascalCase; a few names would shadow the language's own and get a suffix."""
    shadowing = {"error": "ErrorMessage", "message": "SessionMessage", "session": "SessionState"}
    return shadowing.get(name) or name[0].upper() + name[1:]
