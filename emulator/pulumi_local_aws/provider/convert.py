"""Turns properties into the parameters of AWS calls and back, by the tables in `schema`."""

from collections.abc import Mapping
from typing import Any, cast

from pulumi_local_aws.provider.schema import Kind, Property, Table
from pulumi_local_aws.provider.values import UNKNOWN


def part(whole: Any, name: str) -> dict[str, Any]:
    """The object of that name in an answer or in properties; an empty one where there is none."""
    return whole.get(name) or {}


def parts(whole: Any, name: str) -> list[Any]:
    """The list of that name in an answer or in properties; an empty one where there is none."""
    return whole.get(name) or []


def api_name(name: str, prop: Property) -> str:
    """The member's name at AWS: as the table says, else the property's in PascalCase."""
    return prop.api or name[0].upper() + name[1:]


def to_api(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters for the values that are there and that AWS takes."""
    return {
        api_name(name, prop): value_to_api(prop, values[name])
        for name, prop in table.items()
        if not prop.output and not prop.local and values.get(name) is not None
    }


def changes_to_api(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters for every property of the table; one that was taken out goes back to its default."""
    whole = {
        name: _cleared(prop) if values.get(name) is None else values[name] for name, prop in table.items()
    }
    return to_api(table, whole)


def _cleared(prop: Property) -> Any:
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
    """One value as AWS takes it."""
    if value is UNKNOWN or value is None:
        return value
    if prop.kind is Kind.BLOCK:
        return to_api(prop.fields, value)
    if prop.kind in {Kind.LIST, Kind.SET} and prop.item is not None:
        return [value_to_api(prop.item, item) for item in value]
    return value


def from_api(table: Table, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that an answer tells; a member that is missing or null is left out."""
    found = {
        name: value_from_api(prop, answer.get(api_name(name, prop)))
        for name, prop in table.items()
        if not prop.local
    }
    return {name: value for name, value in found.items() if value is not None}


def value_from_api(prop: Property, value: Any) -> Any:
    """One value as pulumi-aws tells it."""
    if value is None:
        return None
    if prop.kind is Kind.BLOCK:
        return from_api(prop.fields, value)
    if prop.kind in {Kind.LIST, Kind.SET} and prop.item is not None:
        return [value_from_api(prop.item, item) for item in cast("list[Any]", value)]
    if prop.kind is Kind.TEXT and not isinstance(value, str):
        return value.isoformat() if hasattr(value, "isoformat") else str(value)
    return value
