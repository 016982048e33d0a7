"""Decode and encode Pulumi's values: unknowns, secrets, assets and archives inside a protobuf `Struct`.

Decoding returns plain Python data in which an unknown is `UNKNOWN` and an asset or archive is a `Blob`, and
beside it the paths of the secrets, so that the rest of the provider can ignore them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from google.protobuf import struct_pb2

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark of Pulumi's protocol
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)

Path = tuple[str | int, ...]
Properties = dict[str, Any]


class Unknown:
    """A value that only `up` can know."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Blob:
    """An asset or archive as the engine sends it: a hash, and a path, text or nested assets."""

    raw: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The engine's hash of the content, which is all that the state stores."""
        given = self.raw.get("hash")
        return given or hashlib.sha256(json.dumps(self.raw, sort_keys=True).encode()).hexdigest()

    @property
    def is_archive(self) -> bool:
        """Whether this is an archive, not an asset."""
        return self.raw[SIGNATURE] == ARCHIVE


def decode(struct: struct_pb2.Struct) -> tuple[Properties, frozenset[Path]]:
    """Return the plain properties, and the paths of the secrets."""
    secrets: set[Path] = set()
    plain = {name: _decode(value, (name,), secrets) for name, value in struct.fields.items()}
    return plain, frozenset(secrets)


def encode(properties: Mapping[str, Any], secrets: Iterable[Path] = ()) -> struct_pb2.Struct:
    """Return the properties for the wire, with those at `secrets` marked; None is omitted."""
    marked = frozenset(secrets)
    fields = {
        name: _encode(value, (name,), marked) for name, value in properties.items() if value is not None
    }
    return struct_pb2.Struct(fields=fields)


def contains_unknown(value: Any) -> bool:
    """Return whether the value, or anything in it, is unknown."""
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in cast("Mapping[str, Any]", value).values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in cast("list[Any]", value))
    return value is UNKNOWN


def _decode(value: struct_pb2.Value, path: Path, secrets: set[Path]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _decode_struct(value.struct_value, path, secrets)
    if kind == "list_value":
        return [_decode(item, (*path, index), secrets) for index, item in enumerate(value.list_value.values)]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _decode_struct(struct: struct_pb2.Struct, path: Path, secrets: set[Path]) -> Any:
    mark = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else ""
    if mark == SECRET:
        secrets.add(path)
        return _decode(struct.fields["value"], path, secrets)
    if mark in {ASSET, ARCHIVE}:
        return Blob({name: _raw(item) for name, item in struct.fields.items()})
    return {name: _decode(item, (*path, name), secrets) for name, item in struct.fields.items()}


def _raw(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {name: _raw(item) for name, item in value.struct_value.fields.items()}
    return getattr(value, kind) if kind and kind != "null_value" else None


def _encode(value: Any, path: Path, secrets: frozenset[Path]) -> struct_pb2.Value:
    if path in secrets and value is not UNKNOWN:
        inner = _encode(value, path, secrets - {path})
        mark = struct_pb2.Value(string_value=SECRET)
        return struct_pb2.Value(struct_value=struct_pb2.Struct(fields={SIGNATURE: mark, "value": inner}))
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=UNKNOWN_TEXT)
    if isinstance(value, Blob):
        return _encode(value.raw, (), frozenset())
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        fields = {name: _encode(item, (*path, name), secrets) for name, item in items if item is not None}
        return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
    if isinstance(value, list):
        encoded = [
            _encode(item, (*path, index), secrets) for index, item in enumerate(cast("list[Any]", value))
        ]
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=encoded))
    return _scalar(value)


def _scalar(value: Any) -> struct_pb2.Value:
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    return struct_pb2.Value(string_value=str(value))
