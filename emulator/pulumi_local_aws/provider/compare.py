"""Compare two values of a property as pulumi-aws does."""

import json
from collections.abc import Mapping
from typing import Any, cast

from pulumi_local_aws.provider.schema import Kind, Property, inputs_of
from pulumi_local_aws.provider.values import UNKNOWN, Blob

_UNORDERED_IN_POLICIES = frozenset({"Action", "NotAction", "Resource", "NotResource", "Principal"})


def is_empty(value: Any) -> bool:
    """Return whether the value counts as omitted, as Terraform's zero values do."""
    return value in (None, "", 0, [], {})


def equal(prop: Property, want: Any, have: Any) -> bool:
    """Return whether the value `have` satisfies the wanted value `want`.

    An unknown value equals nothing. An omitted value equals the default and the zero value; if the property
    is computed, it equals any value.
    """
    if want is UNKNOWN or have is UNKNOWN:
        return False
    if want is None and prop.computed:
        return True
    if want is None or have is None:
        given = have if want is None else want
        return _is_default(prop, given) or (prop.kind is Kind.BLOCK and _fields_equal(prop, want, have))
    return _values_equal(prop, want, have)


def _is_default(prop: Property, value: Any) -> bool:
    return is_empty(value) or (prop.default is not None and value == prop.default)


def _fields_equal(prop: Property, want: Any, have: Any) -> bool:
    wanted: Mapping[str, Any] = want or {}
    observed: Mapping[str, Any] = have or {}
    return all(
        equal(field, wanted.get(name), observed.get(name)) for name, field in inputs_of(prop.fields).items()
    )


def _values_equal(prop: Property, want: Any, have: Any) -> bool:
    if prop.kind is Kind.BLOB:
        return _digest(want) == _digest(have)
    if prop.kind is Kind.BLOCK:
        return _fields_equal(prop, want, have)
    if prop.kind is Kind.LIST and prop.item is not None:
        item = prop.item
        return len(want) == len(have) and all(equal(item, a, b) for a, b in zip(want, have, strict=True))
    if prop.kind is Kind.SET and prop.item is not None:
        return _same_set(prop.item, list(want), list(have))
    if prop.kind in {Kind.JSON, Kind.POLICY}:
        return _document(want, prop.kind) == _document(have, prop.kind)
    return want == have


def _digest(value: Any) -> Any:
    return value.digest if isinstance(value, Blob) else value


def _same_set(item: Property, want: list[Any], have: list[Any]) -> bool:
    remaining = list(have)
    for value in want:
        match = next(
            (index for index, candidate in enumerate(remaining) if equal(item, value, candidate)), None
        )
        if match is None:
            return False
        del remaining[match]
    return not remaining


def _document(value: str, kind: Kind) -> Any:
    try:
        parsed = json.loads(value)
    except ValueError:
        return value
    return _policy(parsed, "") if kind is Kind.POLICY else parsed


def _policy(node: Any, key: str) -> Any:
    if isinstance(node, Mapping):
        return {name: _policy(item, name) for name, item in cast("Mapping[str, Any]", node).items()}
    items = cast("list[Any]", node) if isinstance(node, list) else [node]
    parts = [_policy(item, "") if isinstance(item, Mapping) else item for item in items]
    if key in _UNORDERED_IN_POLICIES or all(isinstance(part, str) for part in parts):
        parts = sorted(parts, key=lambda part: json.dumps(part, sort_keys=True))
    return parts
