"""Conditional writes as data, and DynamoDB's attribute values to and from Python's."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from domain.ports import Condition

Scalar = str | int | bool
Value = dict[str, str | bool]
"""An attribute value in DynamoDB's JSON, such as {"N": "5"}."""

Values = dict[str, Value]


def to_value(value: Scalar) -> Value:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def to_item(fields: Mapping[str, Scalar | None]) -> Values:
    """Return an item with the fields that are not None."""
    return {name: to_value(value) for name, value in fields.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_fields(item))


def _fields(item: Mapping[str, Any]) -> Iterator[tuple[str, Scalar]]:
    for name, typed in item.items():
        ((kind, value),) = cast(dict[str, Any], typed).items()
        yield name, int(value) if kind == "N" else value


Kind = Literal["Delete", "Put", "Update"]

Decoder = Callable[[dict[str, Any]], Any]
"""Makes the domain's object from an item's attributes."""

RESERVED = ("status", "shard", "role", "capacity", "ttl", "data", "offset")
"""Attributes that are reserved words in expressions, where they are written as #name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One conditional write. `checks` names its condition, `decode` reads the item that failed it."""

    checks: Condition
    kind: Kind
    arguments: Mapping[str, Any]
    decode: Decoder | None = None


def put(
    checks: Condition,
    table_name: str,
    item: Values,
    *,
    condition: str = "",
    values: Mapping[str, Scalar] | None = None,
    decode: Decoder | None = None,
) -> Write:
    """Return a write of a whole item."""
    arguments = {"TableName": table_name, "Item": item}
    return _write(checks, "Put", arguments, condition=condition, values=values, decode=decode)


def update(
    checks: Condition,
    table_name: str,
    key: Values,
    expression: str,
    *,
    condition: str,
    values: Mapping[str, Scalar] | None = None,
    decode: Decoder | None = None,
) -> Write:
    """Return a write of some attributes of an item."""
    arguments = {"TableName": table_name, "Key": key}
    return _write(
        checks, "Update", arguments, expression=expression, condition=condition, values=values, decode=decode
    )


def delete(
    checks: Condition,
    table_name: str,
    key: Values,
    *,
    condition: str,
    values: Mapping[str, Scalar] | None = None,
    decode: Decoder | None = None,
) -> Write:
    """Return a write that deletes an item."""
    arguments = {"TableName": table_name, "Key": key}
    return _write(checks, "Delete", arguments, condition=condition, values=values, decode=decode)


def _write(
    checks: Condition,
    kind: Kind,
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
    return Write(checks=checks, kind=kind, arguments=arguments, decode=decode)
