"""Renders docs/asyncapi.json: the WebSocket API as an AsyncAPI 3.0 document, from the server's view."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from protocol.examples import Example
    from protocol.schema import Protocol, Schema

_CHANNEL = "#/channels/connection"


def render(protocol: Protocol, examples: dict[str, Example]) -> str:
    """Return the document as JSON text."""
    messages = [*protocol.messages_of("client"), *protocol.messages_of("server")]
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": protocol.title, "version": protocol.version, "description": protocol.description},
        "defaultContentType": "application/json",
        "servers": {
            "stack": {
                "host": "{apiId}.execute-api.{region}.amazonaws.com",
                "pathname": "/{stage}",
                "protocol": "wss",
                "description": "The stack's WebSocket API: `webSocketUrl` in the output `frontendConfig`.",
                "variables": {
                    "apiId": {"description": "The id of the API."},
                    "region": {"description": "The AWS Region."},
                    "stage": {"description": "The stage of the API."},
                },
                "security": [
                    {"$ref": "#/components/securitySchemes/subprotocol"},
                    {"$ref": "#/components/securitySchemes/header"},
                    {"$ref": "#/components/securitySchemes/query"},
                ],
            }
        },
        "channels": {
            "connection": {
                "address": "/",
                "description": "A WebSocket connection. The `action` of a client message selects the route.",
                "servers": [{"$ref": "#/servers/stack"}],
                "messages": {one.name: {"$ref": f"#/components/messages/{one.name}"} for one in messages},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": _operations(protocol),
        "components": {
            "messages": {
                one.name: {
                    "name": one.name,
                    "summary": one.description,
                    "payload": {"$ref": f"#/components/schemas/{one.name}"},
                    "examples": [{"payload": examples[one.name]}],
                }
                for one in messages
            },
            "schemas": {
                **{name: _draft_07(schema) for name, schema in protocol.types.items()},
                **{one.name: _draft_07(one.schema) for one in messages},
            },
            "securitySchemes": {
                "subprotocol": {
                    "type": "httpApiKey",
                    "in": "header",
                    "name": "Sec-WebSocket-Protocol",
                    "description": f"Browsers: `{protocol.subprotocol}, {protocol.token_prefix}<JWT>`.",
                },
                "header": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "query": {"type": "httpApiKey", "in": "query", "name": "token"},
            },
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _operations(protocol: Protocol) -> dict[str, object]:
    requests = {
        one.name: {
            "action": "receive",
            "channel": {"$ref": _CHANNEL},
            "summary": one.description,
            "messages": [{"$ref": f"{_CHANNEL}/messages/{one.name}"}],
            "reply": {
                "channel": {"$ref": _CHANNEL},
                "messages": [{"$ref": f"{_CHANNEL}/messages/{reply}"} for reply in (one.reply, "error")],
            },
        }
        for one in protocol.messages_of("client")
    }
    pushes = {
        f"push{one.name[0].upper()}{one.name[1:]}": {
            "action": "send",
            "channel": {"$ref": _CHANNEL},
            "summary": one.description,
            "messages": [{"$ref": f"{_CHANNEL}/messages/{one.name}"}],
        }
        for one in protocol.messages_of("server")
        if "push" in one.kinds
    }
    return {**requests, **pushes}


def _draft_07(value: object) -> object:
    """Convert a schema to draft-07, which AsyncAPI's schema object extends.

    In draft-07 `dependentRequired` is named `dependencies`, and keywords beside a `$ref` are ignored, so that
    a reference with other keywords becomes an `allOf`.
    """
    if isinstance(value, list):
        return [_draft_07(item) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    schema = cast("Schema", value)
    if "$ref" in schema:
        reference = {"$ref": str(schema["$ref"]).replace("#/$defs/", "#/components/schemas/")}
        other_keywords = {key: one for key, one in schema.items() if key != "$ref"}
        return {"allOf": [reference], **other_keywords} if other_keywords else reference
    return {
        "dependencies" if key == "dependentRequired" else key: _draft_07(one)
        for key, one in schema.items()
        if key not in {"x-direction", "x-kind"}
    }
