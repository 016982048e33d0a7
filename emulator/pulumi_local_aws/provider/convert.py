"""Convert properties to the parameters of AWS calls and back, by the tables in `schema`."""

from collections.abc import Mapping
from typing import Any, cast

from pulumi_local_aws.provider.schema import Kind, Property, Table
from pulumi_local_aws.provider.values import UNKNOWN


def get_object(whole: Any, name: str) -> dict[str, Any]:
    """Return the object of that name in a response or in properties; empty if it is missing."""
    return whole.get(name) or {}


def get_list(whole: Any, name: str) -> list[Any]:
    """Return the list of that name in a response or in properties; empty if it is missing."""
    return whole.get(name) or []


def api_name(name: str, prop: Property) -> str:
    """Return AWS's name of the property: the table's, else the property's own in PascalCase."""
    return prop.api or name[0].upper() + name[1:]


def to_api(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters for the given values that AWS accepts."""
    return {
        api_name(name, prop): value_to_api(prop, values[name])
        for name, prop in table.items()
        if not prop.output and not prop.local and values.get(name) is not None
    }


def changes_to_api(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters for every property of the table; a removed one is reset to its default."""
    whole = {
        name: _reset_value(prop) if values.get(name) is None else values[name] for name, prop in table.items()
    }
    return to_api(table, whole)


def _reset_value(prop: Property) -> Any:
    return _ZEROS.get(prop.kind, "") if prop.default is None else prop.default


_ZEROS: Mapping[Kind, Any] = {
    Kind.INTEGER: 0,
    Kind.NUMBER: 0,
    Kind.BOOLEAN: False,
    Kind.LIST: [],
    Kind.SET: [],
    Kind.MAP: {},
    Kind.BLOCK: {},
}


def value_to_api(prop: Property, value: Any) -> Any:
    """Return one value as AWS takes it."""
    if value is UNKNOWN or value is None:
        return value
    if prop.kind is Kind.BLOCK:
        return to_api(prop.fields, value)
    if prop.kind in {Kind.LIST, Kind.SET} and prop.item is not None:
        return [value_to_api(prop.item, item) for item in value]
    return value


def from_api(table: Table, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties in a response; a missing or null member is omitted."""
    found = {
        name: value_from_api(prop, answer.get(api_name(name, prop)))
        for name, prop in table.items()
        if not prop.local
    }
    return {name: value for name, value in found.items() if value is not None}


def value_from_api(prop: Property, value: Any) -> Any:
    """Return one value as pulumi-aws gives it."""
    if value is None:
        return None
    if prop.kind is Kind.BLOCK:
        return from_api(prop.fields, value)
    if prop.kind in {Kind.LIST, Kind.SET} and prop.item is not None:
        return [value_from_api(prop.item, item) for item in cast("list[Any]", value)]
    if prop.kind is Kind.TEXT and not isinstance(value, str):
        return value.isoformat() if hasattr(value, "isoformat") else str(value)
    return value
