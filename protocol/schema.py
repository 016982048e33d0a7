"""Loads `schema.json`, the single source of the protocol, into the model that the renderers use.

Every reference in the schema has the form ``#/$defs/name``. A definition with ``x-direction`` is a message or
an HTTP body. Any other definition is a type that messages share.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parent.parent
SCHEMA_PATH = Path(__file__).resolve().parent / "schema.json"
REFERENCE_PREFIX = "#/$defs/"

Schema = dict[str, object]


class SchemaError(ValueError):
    """The schema is inconsistent, or contains something that a renderer does not support."""


@dataclass(frozen=True, kw_only=True)
class ErrorCode:
    """An error code with its HTTP status; ``retryable`` if the same request can succeed later."""

    name: str
    meaning: str
    status: int
    retryable: bool
    client_action: str


@dataclass(frozen=True, kw_only=True)
class CloseCode:
    """A WebSocket close code with its name in the protocol."""

    code: int
    name: str
    meaning: str
    client_action: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message, an HTTP body or an object within one.

    ``direction`` is client (client to server), server (server to client), http, or empty for an object
    within a message. ``kinds`` says whether a server message is a reply, a push or both. ``sender`` and
    ``reply`` are set for client messages.
    """

    name: str
    direction: str
    description: str
    schema: Schema
    kinds: tuple[str, ...] = ()
    sender: str = ""
    reply: str = ""

    @property
    def properties(self) -> dict[str, Schema]:
        """The message's properties, in the order of the schema."""
        return cast("dict[str, Schema]", self.schema["properties"])

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the required properties."""
        return tuple(cast("list[str]", self.schema.get("required", [])))


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The whole schema: shared types, messages, error codes and close codes."""

    schema: Schema
    version: str
    title: str
    description: str
    subprotocol: str
    token_prefix: str
    types: dict[str, Schema]
    messages: dict[str, Message]
    errors: tuple[ErrorCode, ...]
    close_codes: tuple[CloseCode, ...]

    @property
    def objects(self) -> list[Message]:
        """The types that are objects, in the order of the schema."""
        return [_message(name, one) for name, one in self.types.items() if one.get("type") == "object"]

    def messages_of(self, direction: str) -> list[Message]:
        """Return the messages of one direction, in the order of the schema."""
        return [message for message in self.messages.values() if message.direction == direction]

    def resolve(self, schema: Schema) -> Schema:
        """Return the schema with its reference resolved; keywords beside the reference take precedence."""
        reference = schema.get("$ref")
        if reference is None:
            return schema
        own_keywords = {key: value for key, value in schema.items() if key != "$ref"}
        return {**self.types[definition_name(str(reference))], **own_keywords}


def definition_name(reference: str) -> str:
    """Return the name of the referenced definition; raises `SchemaError` for any other target."""
    if not reference.startswith(REFERENCE_PREFIX):
        raise SchemaError(f"reference must begin with {REFERENCE_PREFIX}: {reference}")
    return reference.removeprefix(REFERENCE_PREFIX)


def load(path: Path = SCHEMA_PATH) -> Protocol:
    """Load the schema; raises `SchemaError` if it is inconsistent."""
    schema = cast("Schema", json.loads(path.read_text(encoding="utf-8")))
    definitions = cast("dict[str, Schema]", schema["$defs"])
    types = {name: one for name, one in definitions.items() if "x-direction" not in one}
    messages = {name: _message(name, one) for name, one in definitions.items() if "x-direction" in one}
    errors = tuple(
        ErrorCode(
            name=name,
            meaning=str(one["meaning"]),
            status=int(str(one["status"])),
            retryable=bool(one["retryable"]),
            client_action=str(one["clientAction"]),
        )
        for name, one in cast("dict[str, Schema]", schema["x-errors"]).items()
    )
    close_codes = tuple(
        CloseCode(
            code=int(code),
            name=str(one["name"]),
            meaning=str(one["meaning"]),
            client_action=str(one["clientAction"]),
        )
        for code, one in cast("dict[str, Schema]", schema["x-closeCodes"]).items()
    )
    if types["errorCode"]["enum"] != [error.name for error in errors]:
        raise SchemaError("errorCode's enum and x-errors must list the same codes in the same order")
    for message in messages.values():
        if message.reply and message.reply not in messages:
            raise SchemaError(f"{message.name}: x-reply must be a message: {message.reply}")
    return Protocol(
        schema=schema,
        version=str(schema["x-version"]),
        title=str(schema["title"]),
        description=str(schema["description"]),
        subprotocol=str(schema["x-subprotocol"]),
        token_prefix=str(schema["x-tokenSubprotocolPrefix"]),
        types=types,
        messages=messages,
        errors=errors,
        close_codes=close_codes,
    )


def _message(name: str, schema: Schema) -> Message:
    return Message(
        name=name,
        direction=str(schema.get("x-direction", "")),
        description=str(schema["description"]),
        schema=schema,
        kinds=tuple(cast("list[str]", schema.get("x-kind", []))),
        sender=str(schema.get("x-sender", "")),
        reply=str(schema.get("x-reply", "")),
    )
