"""DynamoDB's attribute values to and from Python's, for the types that the tables use."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef as Value
else:
    Value = dict

Values = dict[str, Value]
Scalar = str | int | bool


def to_value(value: Scalar) -> Value:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def to_item(fields: Mapping[str, Scalar | None]) -> Values:
    """An item of the fields that are not none."""
    return {name: to_value(value) for name, value in fields.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_fields(item))


def _fields(item: Mapping[str, Any]) -> Iterator[tuple[str, Scalar]]:
    for name, typed in item.items():
        ((kind, value),) = cast(dict[str, Any], typed).items()
        yield name, int(value) if kind == "N" else value
