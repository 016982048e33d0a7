"""Reads untyped JSON as stated types, so that no other module needs a cast."""

import json
import re
from collections.abc import Mapping
from typing import cast

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def as_object(value: object) -> Mapping[str, object]:
    """Return the value if it is a JSON object, else an empty object."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return the value if it is a JSON array, else an empty array."""
    return cast("list[object]", value) if isinstance(value, list) else []


def is_list(value: object) -> bool:
    return isinstance(value, list)


def text(value: object, default: str = "") -> str:
    return value if isinstance(value, str) else default


def number(value: object) -> float | None:
    """Return the value if it is a JSON number, else None; a boolean is not a number."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def strings(value: object) -> dict[str, str]:
    """Return the entries of a JSON object that are strings."""
    return {key: entry for key, entry in as_object(value).items() if isinstance(entry, str)}


def parse(data: str | bytes) -> object:
    """Parse JSON. Raises ValueError if it is invalid or nested too deeply for the parser."""
    try:
        return cast("object", json.loads(data))
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error


def compact(value: object) -> str:
    """Serialize to JSON without white space and without escaping non-ASCII characters."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def look_up(value: object, path: str) -> object:
    """Return the value at a path such as `message.items[0].kind`, or None if it is missing."""
    for name, index in _STEP.findall(path):
        if index:
            entries = as_list(value)
            value = entries[int(index)] if int(index) < len(entries) else None
        else:
            value = as_object(value).get(name)
    return value
