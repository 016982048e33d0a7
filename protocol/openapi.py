"""Writes docs/openapi.json: the HTTP side as an OpenAPI 3.1 document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from protocol.source import Protocol, Schema

_WORDS = {400: "Bad request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found", 409: "Conflict"} | {
    410: "Gone",
    413: "Content too large",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One HTTP operation: its place, its bodies, and the statuses of the errors that it answers with."""

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
        summary="Make a session. It has no speaker's connection yet, so its grace begins at once.",
        request="createSessionBody",
        status=201,
        response="createdSessionBody",
        errors=(400, 401, 429, 500, 503),
    ),
    Operation(
        method="get",
        path="/sessions/{sessionId}",
        name="getSession",
        summary="Tell a session's state; public where the stack allows anonymous listeners.",
        public=True,
        response="sessionBody",
        errors=(400, 401, 404, 429, 500, 503),
    ),
    Operation(
        method="patch",
        path="/sessions/{sessionId}",
        name="updateSession",
        summary="Pause or continue a session, or change its quality, as its owner.",
        request="updateSessionBody",
        response="updatedSessionBody",
        errors=(400, 401, 403, 404, 409, 410, 429, 500, 503),
    ),
    Operation(
        method="delete",
        path="/sessions/{sessionId}",
        name="endSession",
        summary="End a session for everyone, as its owner. Ending an ended session succeeds.",
        response="endedSessionBody",
        errors=(400, 401, 403, 404, 429, 500, 503),
    ),
)


def write(protocol: Protocol) -> str:
    """The document's text."""
    paths: dict[str, dict[str, object]] = {}
    for operation in OPERATIONS:
        place = paths.setdefault(operation.path, _parameters(operation.path))
        place[operation.method] = _operation(protocol, operation)
    document: dict[str, object] = {
        "openapi": "3.1.0",
        "info": {
            "title": f"{protocol.title} over HTTP",
            "version": protocol.version,
            "description": "The HTTP twin of the protocol: the same sessions, rules and error codes.",
        },
        "servers": [
            {
                "url": "https://{apiId}.execute-api.{region}.amazonaws.com",
                "description": "A stack's HTTP API; its URL is `httpUrl` of the output `frontendConfig`.",
                "variables": {"apiId": {"default": "api"}, "region": {"default": "us-east-1"}},
            }
        ],
        "security": [{"cognito": list[str]()}],
        "paths": paths,
        "components": {
            "schemas": {
                **{name: _referring(schema) for name, schema in protocol.types.items()},
                **{one.name: _referring(one.schema) for one in protocol.of("http")},
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


def _operation(protocol: Protocol, operation: Operation) -> dict[str, object]:
    document: dict[str, object] = {"operationId": operation.name, "summary": operation.summary}
    if operation.public:
        document["security"] = [{}, {"cognito": []}]
    if operation.method == "post":
        document["parameters"] = [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Repeated with the same key, the request makes no second session.",
                "schema": {"$ref": "#/components/schemas/requestId"},
            }
        ]
    if operation.request:
        document["requestBody"] = {"required": True, "content": _json(operation.request)}
    document["responses"] = {
        str(operation.status): {
            "description": protocol.messages[operation.response].description,
            "content": _json(operation.response),
        },
        **{str(status): _error(protocol, status) for status in operation.errors},
    }
    return document


def _json(name: str, kind: str = "application/json") -> dict[str, object]:
    return {kind: {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _error(protocol: Protocol, status: int) -> dict[str, object]:
    codes = [error for error in protocol.errors if error.status == status]
    response: dict[str, object] = {
        "description": f"{_WORDS[status]}: {', '.join(error.name for error in codes)}.",
        "content": _json("problem", "application/problem+json"),
    }
    if any(error.waiting_helps for error in codes) and status in {429, 503}:
        seconds = {"$ref": "#/components/schemas/seconds"}
        response["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": seconds}}
    return response


def _referring(value: object) -> object:
    """The schema with its references turned to this document's components."""
    if isinstance(value, list):
        return [_referring(one) for one in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    schema = cast("Schema", value)
    return {
        key: str(one).replace("#/$defs/", "#/components/schemas/") if key == "$ref" else _referring(one)
        for key, one in schema.items()
        if key not in {"x-direction", "x-kind"}
    }
