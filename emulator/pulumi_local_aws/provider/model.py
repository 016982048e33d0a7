"""Check a call against AWS's own model of it: enums, patterns, lengths and ranges.

botocore ships these with each service's model but enforces few of them, and the emulator enforces hardly
any. The provider refuses here what AWS would refuse.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from botocore.model import ListShape, MapShape, Shape, StructureShape

from pulumi_local_aws.provider.values import UNKNOWN

_TEXTS = frozenset({"string", "blob"})
_NUMBERS: Mapping[str, type | tuple[type, ...]] = {
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
}


def problems(shape: Shape | None, value: Any, path: str = "") -> Iterator[str]:
    """Yield each value that AWS would refuse, as `Member.Path: reason`. An unknown value passes."""
    if shape is None or value is UNKNOWN:
        return
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _list(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _map(shape, value, path)
    else:
        yield from _scalar(shape, value, path)


def _structure(shape: StructureShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: {value!r} is not an object"
        return
    given = cast("Mapping[str, Any]", value)
    for name in shape.required_members:
        if given.get(name) is None:
            yield f"{_join(path, name)}: is required"
    for name, item in given.items():
        member = shape.members.get(name)
        if member is None:
            yield f"{_join(path, name)}: AWS has no such member"
        else:
            yield from problems(member, item, _join(path, name))


def _list(shape: ListShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: {value!r} is not a list"
        return
    items = cast("list[Any]", value)
    yield from _size(shape, len(items), path, "entries")
    for index, item in enumerate(items):
        yield from problems(shape.member, item, f"{path}[{index}]")


def _map(shape: MapShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: {value!r} is not a map"
        return
    items = cast("Mapping[str, Any]", value)
    yield from _size(shape, len(items), path, "entries")
    for name, item in items.items():
        yield from problems(shape.key, name, f"{path} (name)")
        yield from problems(shape.value, item, _join(path, name))


def _scalar(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "boolean" and not isinstance(value, bool):
        yield f"{path}: {value!r} is not true or false"
    if kind in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, _NUMBERS[kind]):
            yield f"{path}: {value!r} is not a number of the kind {kind}"
            return
        yield from _size(shape, value, path, "")
    if kind in _TEXTS and isinstance(value, str | bytes):
        yield from _size(shape, len(value), path, "characters")
    if kind == "string":
        if isinstance(value, str):
            yield from _text(shape, value, path)
        else:
            yield f"{path}: {value!r} is not a string"


def _text(shape: Shape, value: str, path: str) -> Iterator[str]:
    allowed = cast("list[str]", getattr(shape, "enum", None) or [])
    if allowed and value not in allowed:
        yield f"{path}: {value!r} is not one of {', '.join(allowed)}"
    pattern = shape.metadata.get("pattern")
    compiled = _compile(pattern) if isinstance(pattern, str) else None
    if compiled is not None and not compiled.fullmatch(value):
        yield f"{path}: {value!r} does not match {pattern}"


def _size(shape: Shape, size: float, path: str, unit: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    what = f" {unit}" if unit else ""
    if isinstance(low, int | float) and size < low:
        yield f"{path}: {size}{what} is below the minimum of {low}"
    if isinstance(high, int | float) and size > high:
        yield f"{path}: {size}{what} is above the maximum of {high}"


@cache
def _compile(pattern: str) -> re.Pattern[str] | None:
    """Return the pattern, or None if Python's `re` cannot read its dialect (`\\p{L}`, for example)."""
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        return None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
