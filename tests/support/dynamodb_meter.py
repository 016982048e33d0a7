"""Counts the capacity units that calls to DynamoDB consume, by AWS's rules and the real items.

Works on requests as they are sent. A client of its own reads each written item before and after the call.
Source of the rules: DynamoDB Developer Guide, "DynamoDB read and write operations" and "DynamoDB on-demand
capacity mode", and "Using global secondary indexes in DynamoDB" for the writes of indexes.
"""

import json
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from threading import Lock
from typing import Any, cast

from adapters.dynamodb import client as dynamodb
from adapters.http.response import Response
from tests.support.aws_exchanges import SentRequest, intercepted
from tests.support.tables import INDEXED, TABLES, boto3_client

Item = Mapping[str, Mapping[str, Any]]

_KIB = 1024
_DUE_KEYS = ("dueShard", "dueAt")


@dataclass
class Units:
    """Units that were consumed while a meter ran."""

    writes: float = 0
    reads: float = 0
    calls: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, kw_only=True)
class _Write:
    table: str
    key: Item
    before: Item


class _Meter:
    """Adds up the units of each call. Calls may run in parallel."""

    def __init__(self, images: Any) -> None:
        self.units = Units()
        self._images = images
        self._lock = Lock()
        self._variables = {os.environ[variable]: variable for variable in TABLES}

    def handle(self, sent: SentRequest, send: Callable[[], Response]) -> Response:
        writes = [self._write(*item) for item in _written(sent.operation, sent.arguments)]
        response = send()
        factor = 2 if sent.operation == "TransactWriteItems" else 1
        written = sum(self._units(write, factor) for write in writes)
        read = self._read(sent.operation, sent.arguments, json.loads(response.body))
        with self._lock:
            self.units.calls.append(sent.operation)
            self.units.writes += written
            self.units.reads += read
        return response

    def _write(self, table: str, key_or_item: Item) -> _Write:
        keys = TABLES[self._variables[table]]
        key = {name: key_or_item[name] for name in keys if name}
        return _Write(table=table, key=key, before=self._image(table, key))

    def _image(self, table: str, key: Item) -> Item:
        return self._images.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})

    def _units(self, write: _Write, factor: int) -> float:
        after = self._image(write.table, write.key)
        own = factor * max(1, ceil(max(_size(write.before), _size(after)) / _KIB))
        return own + self._index_units(write, after)

    def _index_units(self, write: _Write, after: Item) -> int:
        projection = INDEXED.get(self._variables[write.table])
        if projection is None:
            return 0
        keys = (*(name for name in TABLES[self._variables[write.table]] if name), *_DUE_KEYS)
        old, new = (_projected(item, projection, keys) for item in (write.before, after))
        if old == new:
            return 0
        moved = bool(old) and bool(new) and any(old[name] != new[name] for name in _DUE_KEYS)
        sizes = [_size(item) for item in (old, new) if item]
        return sum(ceil(size / _KIB) for size in sizes) if moved else ceil(max(sizes) / _KIB)

    def _read(self, name: str, request: dict[str, Any], parsed: dict[str, Any]) -> float:
        if name == "GetItem":
            return _read_units(_size(parsed.get("Item", {})), consistent=request.get("ConsistentRead", False))
        if name == "Query":
            scanned = sum(_size(item) for item in parsed.get("Items", ()))
            return _read_units(scanned, consistent=request.get("ConsistentRead", False))
        if name == "BatchGetItem":
            found = cast("dict[str, list[Item]]", parsed.get("Responses", {}))
            return sum(
                _read_units(size, consistent=asked.get("ConsistentRead", False))
                for table, asked in request["RequestItems"].items()
                for size in _sizes(found.get(table, []), len(asked["Keys"]))
            )
        return 0


@contextmanager
def metered() -> Generator[Units]:
    """Count the units of the functions' own calls while the block runs."""
    meter = _Meter(boto3_client())
    with intercepted(dynamodb.client(), by=meter.handle):
        yield meter.units


def _written(name: str, request: dict[str, Any]) -> list[tuple[str, Item]]:
    """Return table and key, or table and item, of each write of a call."""
    if name == "TransactWriteItems":
        return [write for entry in request["TransactItems"] for write in _written("", *entry.values())]
    if "Item" in request:
        return [(request["TableName"], request["Item"])]
    if name in ("", "UpdateItem", "DeleteItem"):
        return [(request["TableName"], request["Key"])]
    return []


def _read_units(size: int, *, consistent: bool) -> float:
    return max(1, ceil(size / (4 * _KIB))) * (1 if consistent else 0.5)


def _sizes(items: Sequence[Item], asked: int) -> list[int]:
    """Return the sizes of the items found, and zero for each that is missing."""
    return [*map(_size, items), *[0] * (asked - len(items))]


def _projected(item: Item, projection: str, keys: Sequence[str]) -> Item:
    """Return what the index holds of an item: nothing without its keys."""
    if not all(name in item for name in _DUE_KEYS):
        return {}
    return item if projection == "ALL" else {name: item[name] for name in keys}


def _size(item: Item) -> int:
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return len(content.strip("-0.")) // 2 + 2
    return 1
