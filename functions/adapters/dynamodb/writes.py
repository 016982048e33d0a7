"""Conditional writes as data: what to write, on what condition, and how to read the item that refused it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.dynamodb.values import Scalar, Values, to_item
from domain.ports import Part

Decoder = Callable[[dict[str, Any]], Any]
"""Makes the domain's object of an item's plain attributes."""

RESERVED = ("status", "shard", "role", "capacity", "ttl", "data", "offset")
"""Attributes that are reserved words of DynamoDB's expressions; there they are written as #name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One conditional write; `decode` reads the item that refused it."""

    part: Part
    kind: str
    """Put, Update or Delete."""
    arguments: Mapping[str, Any]
    decode: Decoder | None = None


def put(
    part: Part,
    table_name: str,
    item: Values,
    *,
    condition: str = "",
    values: Mapping[str, Scalar] | None = None,
    decode: Decoder | None = None,
) -> Write:
    """A whole item."""
    arguments = {"TableName": table_name, "Item": item}
    return _write(part, "Put", arguments, condition=condition, values=values, decode=decode)


def update(
    part: Part,
    table_name: str,
    key: Values,
    expression: str,
    *,
    condition: str,
    values: Mapping[str, Scalar] | None = None,
    decode: Decoder | None = None,
) -> Write:
    """Some attributes of an item."""
    arguments = {"TableName": table_name, "Key": key}
    return _write(
        part, "Update", arguments, expression=expression, condition=condition, values=values, decode=decode
    )


def delete(
    part: Part,
    table_name: str,
    key: Values,
    *,
    condition: str,
    values: Mapping[str, Scalar] | None = None,
    decode: Decoder | None = None,
) -> Write:
    """An item, away."""
    arguments = {"TableName": table_name, "Key": key}
    return _write(part, "Delete", arguments, condition=condition, values=values, decode=decode)


def _write(
    part: Part,
    kind: str,
    arguments: dict[str, Any],
    *,
    expression: str = "",
    condition: str,
    values: Mapping[str, Scalar] | None,
    decode: Decoder | None,
) -> Write:
    if expression:
        arguments["UpdateExpression"] = expression
    if condition:
        arguments["ConditionExpression"] = condition
    names = {f"#{name}": name for name in RESERVED if f"#{name}" in f"{expression} {condition}"}
    if names:
        arguments["ExpressionAttributeNames"] = names
    if values:
        arguments["ExpressionAttributeValues"] = to_item(
            {f":{name}": value for name, value in values.items()}
        )
    if decode:
        arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return Write(part=part, kind=kind, arguments=arguments, decode=decode)
