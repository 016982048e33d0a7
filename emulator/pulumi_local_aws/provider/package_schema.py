"""Writes the Pulumi schema of what the provider supports, from which YAML programs are checked and typed."""

from collections.abc import Mapping
from typing import Any

from pulumi_local_aws.provider import registry
from pulumi_local_aws.provider.schema import Kind, Property, Table, inputs_of

_PRIMITIVES: Mapping[Kind, str] = {
    Kind.TEXT: "string",
    Kind.JSON: "string",
    Kind.POLICY: "string",
    Kind.INTEGER: "integer",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "boolean",
}
_ANY = {"$ref": "pulumi.json#/Any"}
Json = dict[str, Any]


def package_schema(version: str) -> Json:
    """Return the schema of all supported resource types and functions."""
    types: Json = {}
    return {
        "name": "aws",
        "version": version,
        # The module of a token such as aws:dynamodb/table:Table is `dynamodb`, as programs write it.
        "meta": {"moduleFormat": "(.*)(?:/[^/]*)"},
        "config": {},
        "provider": {},
        "resources": {token: _resource(token, types) for token in registry.tokens()},
        "functions": {token: _function(token, types) for token in registry.function_tokens()},
        "types": types,
    }


def _resource(token: str, types: Json) -> Json:
    table = registry.resource(token).table
    inputs = inputs_of(table)
    return {
        "inputProperties": _properties(token, inputs, types),
        "requiredInputs": sorted(name for name, known in inputs.items() if known.required),
        "properties": _properties(token, table, types),
    }


def _function(token: str, types: Json) -> Json:
    """Return a function by its arguments; its result has no stated properties."""
    properties = _properties(token, registry.function(token).table, types)
    return {
        "inputs": {"type": "object", "properties": properties},
        "outputs": {"type": "object", "additionalProperties": _ANY},
    }


def _properties(parent: str, table: Table, types: Json) -> Json:
    return {name: _type(f"{parent}{_capitalized(name)}", known, types) for name, known in table.items()}


def _type(token: str, known: Property, types: Json) -> Json:
    if known.kind in _PRIMITIVES:
        return {"type": _PRIMITIVES[known.kind]}
    item = _type(token, known.item, types) if known.item else {"type": "string"}
    if known.kind in {Kind.LIST, Kind.SET}:
        return {"type": "array", "items": item}
    if known.kind is Kind.MAP:
        return {"type": "object", "additionalProperties": item}
    if known.kind is Kind.BLOCK and known.fields:
        types[token] = {"type": "object", "properties": _properties(token, known.fields, types)}
        return {"$ref": f"#/types/{token}"}
    return _ANY


def _capitalized(name: str) -> str:
    return name[:1].upper() + name[1:]
