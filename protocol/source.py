"""Reads `schema.json`, the one source of the protocol, into the few shapes that the writers need.

Every reference in the schema has the form ``#/$defs/name``; a definition with ``x-direction`` is a message or
an HTTP body, any other a type that messages share.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parent.parent
SCHEMA_PATH = Path(__file__).resolve().parent / "schema.json"
REFERENCE = "#/$defs/"

Schema = dict[str, object]


class SchemaError(ValueError):
    """The schema says something that the writers cannot carry over."""


@dataclass(frozen=True, kw_only=True)
class ErrorCode:
    """One error code: its meaning, its HTTP status, whether waiting helps, and what a client does."""

    name: str
    meaning: str
    status: int
    waiting_helps: bool
    client: str


@dataclass(frozen=True, kw_only=True)
class CloseCode:
    """One WebSocket close code: its name, its meaning here, and what a client does."""

    code: int
    name: str
    meaning: str
    client: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message or HTTP body.

    ``direction`` is client, server or http; ``kinds`` tells a server's message apart: reply, push or both.
    """

    name: str
    direction: str
    description: str
    schema: Schema
    kinds: tuple[str, ...] = ()
    by: str = ""
    reply: str = ""

    @property
    def properties(self) -> dict[str, Schema]:
        """The message's properties, in the schema's order."""
        return cast("dict[str, Schema]", self.schema["properties"])

    @property
    def required(self) -> tuple[str, ...]:
        """The properties that are always there."""
        return tuple(cast("list[str]", self.schema.get("required", [])))


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The whole schema."""

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

    def of(self, direction: str) -> list[Message]:
        """The messages of one direction."""
        return [message for message in self.messages.values() if message.direction == direction]

    def resolve(self, schema: Schema) -> Schema:
        """A property's schema with its reference filled in; what stands beside the reference wins."""
        reference = schema.get("$ref")
        if reference is None:
            return schema
        return {**self.types[name_of(str(reference))], **{k: v for k, v in schema.items() if k != "$ref"}}


def name_of(reference: str) -> str:
    """The definition's name that a reference points to."""
    if not reference.startswith(REFERENCE):
        raise SchemaError(f"reference must begin with {REFERENCE}: {reference}")
    return reference.removeprefix(REFERENCE)


def load(path: Path = SCHEMA_PATH) -> Protocol:
    """Read the schema; raises `SchemaError` where its parts do not fit together."""
    schema = cast("Schema", json.loads(path.read_text(encoding="utf-8")))
    definitions = cast("dict[str, Schema]", schema["$defs"])
    types = {name: one for name, one in definitions.items() if "x-direction" not in one}
    messages = {name: _message(name, one) for name, one in definitions.items() if "x-direction" in one}
    errors = tuple(
        ErrorCode(
            name=name,
            meaning=str(one["meaning"]),
            status=int(str(one["status"])),
            waiting_helps=bool(one["waitingHelps"]),
            client=str(one["client"]),
        )
        for name, one in cast("dict[str, Schema]", schema["x-errors"]).items()
    )
    close_codes = tuple(
        CloseCode(
            code=int(code), name=str(one["name"]), meaning=str(one["meaning"]), client=str(one["client"])
        )
        for code, one in cast("dict[str, Schema]", schema["x-closeCodes"]).items()
    )
    if types["errorCode"]["enum"] != [error.name for error in errors]:
        raise SchemaError("errorCode's enum and x-errors must name the same codes in the same order")
    for message in messages.values():
        if message.reply and message.reply not in messages:
            raise SchemaError(f"{message.name}: x-reply names no message: {message.reply}")
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
        direction=str(schema["x-direction"]),
        description=str(schema["description"]),
        schema=schema,
        kinds=tuple(cast("list[str]", schema.get("x-kind", []))),
        by=str(schema.get("x-by", "")),
        reply=str(schema.get("x-reply", "")),
    )
