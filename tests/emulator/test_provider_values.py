"""Test that Pulumi's values survive the wire: unknowns, secrets, assets, archives."""

from typing import Any, cast

from google.protobuf import json_format, struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from pulumi_local_aws.provider.values import (
    ARCHIVE,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXT,
    Blob,
    contains_unknown,
    decode,
    encode,
)

_SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)
_NAMES = st.text(min_size=1, max_size=10)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4)
)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {name: _without_none(item) for name, item in entries.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in cast("list[Any]", value)]
    return value


@given(st.dictionaries(_NAMES, _VALUES, max_size=5))
def test_plain_values_survive_a_round_trip(properties: dict[str, Any]) -> None:
    assert decode(encode(properties)) == (_without_none(properties), frozenset())


def test_secrets_are_plain_inside_and_marked_on_the_wire() -> None:
    struct = struct_pb2.Struct()
    secret = {SIGNATURE: SECRET, "value": "hush"}
    json_format.ParseDict({"environment": {"variables": {"A": secret, "B": "open"}}}, struct)
    plain, secrets = decode(struct)
    assert plain == {"environment": {"variables": {"A": "hush", "B": "open"}}}
    assert secrets == {("environment", "variables", "A")}
    assert json_format.MessageToDict(encode(plain, secrets)) == json_format.MessageToDict(struct)


def test_a_secret_archive_keeps_its_mark_and_its_hash() -> None:
    archive = {SIGNATURE: ARCHIVE, "hash": "abc", "path": "gone.zip"}
    struct = struct_pb2.Struct()
    json_format.ParseDict({"code": {SIGNATURE: SECRET, "value": archive}}, struct)
    plain, secrets = decode(struct)
    assert isinstance(plain["code"], Blob)
    assert plain["code"].digest == "abc"
    assert json_format.MessageToDict(encode(plain, secrets)) == json_format.MessageToDict(struct)


def test_nested_unknowns_are_found() -> None:
    struct = struct_pb2.Struct()
    json_format.ParseDict({"a": {"b": [1, UNKNOWN_TEXT]}}, struct)
    plain, _ = decode(struct)
    assert plain["a"]["b"][1] is UNKNOWN
    assert contains_unknown(plain)
    assert json_format.MessageToDict(encode(plain)) == json_format.MessageToDict(struct)
