"""Renders web/client/src/protocol.generated.ts: message types, and unions by `action` and `type`."""

from __future__ import annotations

import json
from typing import cast

from protocol.schema import Message, Protocol, Schema, definition_name

_HEAD = """/**
 * The messages, error codes and close codes of the session protocol.
 *
 * Generated from protocol/schema.json by `python -m protocol`; do not edit.
 */
"""
_PRIMITIVES = {"string": "string", "integer": "number", "boolean": "boolean"}


def render(protocol: Protocol) -> str:
    """Return the module's source."""
    messages = [
        message for direction in ("client", "server", "http") for message in protocol.messages_of(direction)
    ]
    parts = [
        _HEAD,
        f"export const SUBPROTOCOL = {json.dumps(protocol.subprotocol)};",
        f"export const TOKEN_SUBPROTOCOL_PREFIX = {json.dumps(protocol.token_prefix)};\n",
        *(_enum(name, schema) for name, schema in protocol.types.items() if _is_enum(schema)),
        *(_message(protocol, one) for one in protocol.objects),
        *(_message(protocol, message) for message in messages),
        _union("ClientMessage", "The messages that a client sends.", protocol.messages_of("client")),
        _union("ServerMessage", "The messages that a client receives.", protocol.messages_of("server")),
        _union(
            "Reply",
            "The replies to client messages.",
            [m for m in protocol.messages_of("server") if "reply" in m.kinds],
        ),
        _union(
            "Push",
            "The messages that the server sends without a request.",
            [m for m in protocol.messages_of("server") if "push" in m.kinds],
        ),
        "/** The reply to each action. The reply to any action may be `error` instead. */",
        "export interface ReplyOf {",
        *(f"  {message.name}: {_pascal(message.reply)};" for message in protocol.messages_of("client")),
        "}\n",
        "/** The HTTP status of each error code, and whether the same request can succeed later. */",
        "export const ERRORS: Readonly<Record<ErrorCode, { status: number; retryable: boolean }>> = {",
        *(
            f"  {error.name}: {{ status: {error.status}, retryable: {json.dumps(error.retryable)} }},"
            for error in protocol.errors
        ),
        "};\n",
        "/** The WebSocket close codes that a client can receive. */",
        "export const CLOSE_CODES = {",
        *(f"  /** {close.meaning} */\n  {close.name}: {close.code}," for close in protocol.close_codes),
        "} as const;\n",
        "export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES];",
    ]
    return "\n".join(parts) + "\n"


def _is_enum(schema: Schema) -> bool:
    """Return whether a shared type becomes a named type: the enums do."""
    return "enum" in schema


def _enum(name: str, schema: Schema) -> str:
    """Return an enum as a constant list and the union of its values."""
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


def _message(protocol: Protocol, message: Message) -> str:
    """Return a message as an interface; `oneOf` becomes an intersection with a union of the alternatives."""
    alternatives = cast("list[Schema]", message.schema.get("oneOf", []))
    special = {name for one in alternatives for name in _affected_properties(one)}
    common = [_declaration(protocol, message, name) for name in message.properties if name not in special]
    base = "{\n" + "\n".join(common) + "\n}"
    head = f"/** {message.description} */\nexport "
    if not alternatives:
        return f"{head}interface {_pascal(message.name)} {base}\n"
    variants = [
        _alternative(message, one, [n for n in message.properties if n in special]) for one in alternatives
    ]
    return f"{head}type {_pascal(message.name)} = {base} & (\n" + "\n".join(variants) + "\n);\n"


def _affected_properties(alternative: Schema) -> list[str]:
    forbidden = list(cast("dict[str, bool]", alternative.get("properties", {})))
    return [*cast("list[str]", alternative.get("required", [])), *forbidden]


def _alternative(message: Message, alternative: Schema, special: list[str]) -> str:
    required = cast("list[str]", alternative.get("required", []))
    forbidden = cast("dict[str, bool]", alternative.get("properties", {}))
    taken = {
        name
        for one in cast("list[Schema]", message.schema["oneOf"])
        for name in cast("list[str]", one.get("required", []))
    }
    fields: list[str] = []
    for name in special:
        kind = _type_expression(message.properties[name])
        if name in required:
            fields.append(f"{name}: {kind}")
        elif name in forbidden or name in taken:
            fields.append(f"{name}?: undefined")
        else:
            fields.append(f"{name}?: {kind}")
    return f"  | {{ {'; '.join(fields)} }}"


def _declaration(protocol: Protocol, message: Message, name: str) -> str:
    schema = message.properties[name]
    resolved = protocol.resolve(schema)
    is_described = "description" in schema or ("description" in resolved and not _is_enum(resolved))
    comment = f"  /** {resolved['description']} */\n" if is_described else ""
    mark = "" if name in message.required else "?"
    return f"{comment}  {name}{mark}: {_type_expression(schema)};"


def _type_expression(schema: Schema) -> str:
    if "const" in schema:
        return json.dumps(schema["const"])
    if "$ref" in schema:
        name = definition_name(str(schema["$ref"]))
        return _REFERENCES.get(name) or _pascal(name)
    if schema["type"] == "array":
        return f"readonly {_type_expression(cast('Schema', schema['items']))}[]"
    return _PRIMITIVES[str(schema["type"])]


_REFERENCES = {
    **dict.fromkeys(("requestId", "sessionId", "epoch", "time", "token", "data", "contentType"), "string"),
    **dict.fromkeys(("offset", "generation", "version", "count", "seconds", "milliseconds"), "number"),
    "muted": "boolean",
}


def _union(name: str, description: str, messages: list[Message]) -> str:
    rows = "\n".join(f"  | {_pascal(message.name)}" for message in messages)
    return f"/** {description} */\nexport type {name} =\n{rows};\n"


def _pascal(name: str) -> str:
    """Convert camelCase to PascalCase; names that would shadow a global type get another name."""
    renamed = {
        "error": "ErrorMessage",
        "message": "SessionMessage",
        "batch": "MessageBatch",
        "session": "SessionState",
    }
    return renamed.get(name) or name[0].upper() + name[1:]
