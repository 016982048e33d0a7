"""Renders docs/openapi.json: the HTTP API as an OpenAPI 3.1 document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from protocol.examples import Example
    from protocol.schema import Protocol, Schema


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An HTTP operation with its bodies and the statuses of its errors; ``public`` if it needs no token."""

    method: str
    path: str
    name: str
    summary: str
    request: str = ""
    status: int = 200
    response: str
    errors: tuple[int, ...]
    public: bool = False


OPERATIONS = (
    Operation(
        method="post",
        path="/sessions",
        name="createSession",
        summary="Create a session. It has no speaker connection yet, so the grace period starts immediately.",
        request="createSessionBody",
        status=201,
        response="createdSessionBody",
        errors=(400, 401, 410, 429, 500, 503),
    ),
    Operation(
        method="get",
        path="/sessions/{sessionId}",
        name="getSession",
        summary="Read the state of a session. Public if the stack allows anonymous listeners.",
        public=True,
        response="sessionBody",
        errors=(400, 401, 404, 429, 500, 503),
    ),
    Operation(
        method="patch",
        path="/sessions/{sessionId}",
        name="updateSession",
        summary="Pause or continue a session, or change its quality. Only for the owner.",
        request="updateSessionBody",
        response="updatedSessionBody",
        errors=(400, 401, 403, 404, 409, 410, 429, 500, 503),
    ),
    Operation(
        method="delete",
        path="/sessions/{sessionId}",
        name="endSession",
        summary="End a session. Only for the owner. Ending an ended session succeeds.",
        response="endedSessionBody",
        errors=(400, 401, 403, 404, 429, 500, 503),
    ),
)

GATEWAY_MESSAGES = {
    401: "Unauthorized",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
"""What API Gateway itself responds with, before or instead of a function."""
_GATEWAY_SCHEMA = {
    "description": "A response of API Gateway itself. It has neither a code nor the header Retry-After.",
    "type": "object",
    "properties": {"message": {"type": "string"}},
    "required": ["message"],
    "additionalProperties": False,
}


def render(protocol: Protocol, examples: dict[str, Example]) -> str:
    """Return the document as JSON text."""
    paths: dict[str, dict[str, object]] = {}
    for operation in OPERATIONS:
        path_item = paths.setdefault(operation.path, _parameters(operation.path))
        path_item[operation.method] = _operation(protocol, examples, operation)
    document: dict[str, object] = {
        "openapi": "3.1.0",
        "info": {
            "title": f"{protocol.title} over HTTP",
            "version": protocol.version,
            "description": "The HTTP API of the protocol: the same sessions, rules and error codes.",
        },
        "servers": [
            {
                "url": "https://{apiId}.execute-api.{region}.amazonaws.com",
                "description": "The stack's HTTP API: `httpUrl` in the output `frontendConfig`.",
                "variables": {"apiId": {"default": "api"}, "region": {"default": "us-east-1"}},
            }
        ],
        "security": [{"cognito": list[str]()}],
        "paths": paths,
        "components": {
            "schemas": {
                **{name: _with_component_references(schema) for name, schema in protocol.types.items()},
                **{one.name: _with_component_references(one.schema) for one in protocol.messages_of("http")},
                "gatewayMessage": _GATEWAY_SCHEMA,
            },
            "securitySchemes": {"cognito": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _parameters(path: str) -> dict[str, object]:
    if "{sessionId}" not in path:
        return {}
    schema = {"$ref": "#/components/schemas/sessionId"}
    return {"parameters": [{"name": "sessionId", "in": "path", "required": True, "schema": schema}]}


def _operation(protocol: Protocol, examples: dict[str, Example], operation: Operation) -> dict[str, object]:
    document: dict[str, object] = {"operationId": operation.name, "summary": operation.summary}
    if operation.public:
        document["security"] = [{}, {"cognito": []}]
    if operation.method == "post":
        document["parameters"] = [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "A retry with the same key returns the same session.",
                "schema": {"$ref": "#/components/schemas/requestId"},
            }
        ]
    if operation.request:
        document["requestBody"] = {"required": True, "content": _content(operation.request, examples)}
    document["responses"] = {
        str(operation.status): {
            "description": protocol.messages[operation.response].description,
            "content": _content(operation.response, examples),
        },
        **{str(status): _error_response(protocol, status) for status in operation.errors},
    }
    return document


def _content(name: str, examples: dict[str, Example]) -> dict[str, object]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"application/json": {"schema": schema, "example": examples[name]}}


def _error_response(protocol: Protocol, status: int) -> dict[str, object]:
    codes = [error for error in protocol.errors if error.status == status]
    content: dict[str, object] = {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}
    }
    description = f"{HTTPStatus(status).phrase}: {', '.join(error.name for error in codes)}."
    if status in GATEWAY_MESSAGES:
        message = {"message": GATEWAY_MESSAGES[status]}
        schema = {"$ref": "#/components/schemas/gatewayMessage"}
        content["application/json"] = {"schema": schema, "example": message}
        description += " With application/json, API Gateway itself responds."
    response: dict[str, object] = {"description": description, "content": content}
    if any(error.retryable for error in codes) and status in {429, 503}:
        seconds = {"$ref": "#/components/schemas/seconds"}
        response["headers"] = {
            "Retry-After": {"description": "Seconds to wait before a retry.", "schema": seconds}
        }
    return response


def _with_component_references(value: object) -> object:
    """Convert references to definitions into references to the document's components."""
    if isinstance(value, list):
        return [_with_component_references(item) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    schema = cast("Schema", value)
    return {
        key: str(one).replace("#/$defs/", "#/components/schemas/")
        if key == "$ref"
        else _with_component_references(one)
        for key, one in schema.items()
        if key not in {"x-direction", "x-kind"}
    }
