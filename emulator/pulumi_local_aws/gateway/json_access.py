"""Reading untyped JSON with a stated type, so that nothing else needs a cast."""

import json
from collections.abc import Mapping
from typing import cast


def as_object(value: object) -> Mapping[str, object]:
    """The value as a JSON object; anything else counts as an empty one."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """The value as a JSON array; anything else counts as an empty one."""
    return cast("list[object]", value) if isinstance(value, list) else []


def is_list(value: object) -> bool:
    return isinstance(value, list)


def text(value: object, default: str = "") -> str:
    return value if isinstance(value, str) else default


def number(value: object) -> float | None:
    """A JSON number, or None (a boolean is no number)."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def strings(value: object) -> dict[str, str]:
    """The string entries of a JSON object."""
    return {key: entry for key, entry in as_object(value).items() if isinstance(entry, str)}


def parse(data: str | bytes) -> object:
    """Parsed JSON; raises ValueError where it is none."""
    return cast("object", json.loads(data))


def compact(value: object) -> str:
    """JSON as short as it goes, characters kept as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
