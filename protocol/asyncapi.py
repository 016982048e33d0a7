"""Writes docs/asyncapi.json: the WebSocket side as an AsyncAPI 3.0 document, seen from the server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from protocol.source import Protocol, Schema

_CHANNEL = "#/channels/connection"


def write(protocol: Protocol) -> str:
    """The document's text."""
    messages = [*protocol.of("client"), *protocol.of("server")]
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": protocol.title, "version": protocol.version, "description": protocol.description},
        "defaultContentType": "application/json",
        "servers": {
            "stack": {
                "host": "{apiId}.execute-api.{region}.amazonaws.com",
                "pathname": "/{stage}",
                "protocol": "wss",
                "description": "A stack's WebSocket API: `webSocketUrl` of the output `frontendConfig`.",
                "variables": {
                    "apiId": {"description": "The API's id."},
                    "region": {"description": "The AWS Region."},
                    "stage": {"description": "API Gateway's stage."},
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
                "description": "One WebSocket; the client's `action` chooses the route.",
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
        for one in protocol.of("client")
    }
    pushes = {
        f"push{one.name[0].upper()}{one.name[1:]}": {
            "action": "send",
            "channel": {"$ref": _CHANNEL},
            "summary": one.description,
            "messages": [{"$ref": f"{_CHANNEL}/messages/{one.name}"}],
        }
        for one in protocol.of("server")
        if "push" in one.kinds
    }
    return {**requests, **pushes}


def _draft_07(schema: Schema) -> object:
    """The schema in draft-07, which AsyncAPI's schema object extends.

    There `dependentRequired` was `dependencies`, and a reference stands alone: what stands beside one goes
    into an `allOf`.
    """
    return _converted(schema)


def _converted(value: object) -> object:
    if isinstance(value, list):
        return [_converted(one) for one in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    schema = cast("Schema", value)
    if "$ref" in schema:
        reference = {"$ref": str(schema["$ref"]).replace("#/$defs/", "#/components/schemas/")}
        beside = {key: one for key, one in schema.items() if key != "$ref"}
        return {"allOf": [reference], **beside} if beside else reference
    return {
        "dependencies" if key == "dependentRequired" else key: _converted(one)
        for key, one in schema.items()
        if key not in {"x-direction", "x-kind"}
    }
