"""Compare what the real AWS provider read of each resource with what this project's provider reads.

Identifiers differ between two deployments. Each value that AWS decided is therefore replaced by the address
and attribute that returned it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pulumi_local_aws.provider.facts import RECORD
from tools.terraform_facts.__main__ import terraform_name
from tools.terraform_json.convert import Resource

Values = Mapping[str, Any]
_IGNORED = {
    "region": "it is the provider's",
    "bucket_region": "it is the provider's",
    "create_date": "it is a time",
    "creation_date": "it is a time",
    "last_modified": "it is a time",
    "last_modified_date": "it is a time",
    "last_updated_date": "it is a time",
    "stream_label": "it is a time",
    "filename": "it is a path, or a hash of the code",
    "source": "it is a path, or a hash of the content",
    "source_code_hash": "it is a hash, and Terraform leaves it to the user",
    "etag": "it is a hash of what contains identifiers",
}
"""Attributes that differ by nature."""
_UNSET: tuple[Any, ...] = (None, "", [], {}, False, 0)
_MIN_CHARACTERS = 6


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An attribute that the two providers read differently."""

    type: str
    label: str
    attribute: str
    ours: Any
    theirs: Any


def compare(resources: Sequence[Resource], shown: Values) -> Iterator[Difference]:
    """Yield the differences; `shown` is what `terraform show -json` prints of the state."""
    theirs: dict[str, Values] = {
        one["address"]: one["values"] for one in shown["values"]["root_module"]["resources"]
    }
    ours = {one.address: _attributes(one) for one in resources}
    known_here, known_there = _Identifiers(), _Identifiers()
    for one in resources:
        inputs = [value for value in one.inputs.values() if isinstance(value, str)]
        for name in _identifiers(one):
            here, there = ours[one.address].get(name), theirs[one.address].get(name)
            if here not in inputs and there not in inputs:
                known_here.add(here, f"<{one.address}.{name}>")
                known_there.add(there, f"<{one.address}.{name}>")
    for one in resources:
        for name, value in ours[one.address].items():
            if name in _IGNORED or name not in theirs[one.address]:
                continue
            here = _comparable(known_here.replace(value))
            there = _comparable(known_there.replace(theirs[one.address].get(name)))
            if not _agree(here, there):
                yield Difference(type=one.type, label=one.label, attribute=name, ours=here, theirs=there)


class _Identifiers:
    """What AWS decided in one deployment, by value."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def add(self, value: Any, name: str) -> None:
        if isinstance(value, str) and len(value) >= _MIN_CHARACTERS:
            self._names.setdefault(value, name)

    def replace(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.replace(item) for key, item in cast("Values", value).items()}
        if isinstance(value, list):
            return [self.replace(item) for item in cast("list[Any]", value)]
        if isinstance(value, str):
            for known in sorted(self._names, key=len, reverse=True):
                value = value.replace(known, self._names[known])
        return value


def changes(plan: Values) -> Iterator[Difference]:
    """Yield what a plan would change; `plan` is what `terraform show -json` prints of it."""
    for one in plan.get("resource_changes", []):
        before, after = (cast("Values", one["change"].get(name) or {}) for name in ("before", "after"))
        if one["change"]["actions"] == ["no-op"]:
            continue
        for name in sorted({*before, *after}):
            if not _agree(before.get(name), after.get(name)):
                yield Difference(
                    type=one["type"],
                    label=one["name"],
                    attribute=name,
                    ours=after.get(name),
                    theirs=before.get(name),
                )


def _attributes(resource: Resource) -> dict[str, Any]:
    """Return the outputs under Terraform's names."""
    facts = RECORD[resource.token]

    def convert(path: str, value: Any) -> Any:
        prefix = f"{path}."
        if not any(name.startswith(prefix) for name in facts):
            return value
        if isinstance(value, list):
            return [convert(path, item) for item in cast("list[Any]", value)]
        return {
            key(f"{prefix}{name}"): convert(f"{prefix}{name}", item)
            for name, item in cast("Values", value).items()
        }

    def key(path: str) -> str:
        return facts.get(path, {}).get("terraform") or terraform_name(path.rpartition(".")[2])

    known = {name: value for name, value in resource.outputs.items() if name in facts}
    return {"id": resource.id} | {key(name): convert(name, value) for name, value in known.items()}


def _identifiers(resource: Resource) -> list[str]:
    facts = RECORD[resource.token]
    outputs = [terraform_name(path) for path, fact in facts.items() if fact.get("output")]
    return ["id", *(name for name in outputs if name not in _IGNORED)]


def _agree(ours: Any, theirs: Any) -> bool:
    """Return whether two values are equal where ours has one. A single block may be a list of one."""
    if ours in _UNSET and theirs in _UNSET:
        return True
    if isinstance(theirs, list) and isinstance(ours, dict):
        items = cast("list[Any]", theirs)
        return _agree(ours, items[0]) if len(items) == 1 else not items and _is_unset(cast("Values", ours))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        here, there = cast("Values", ours), cast("Values", theirs)
        return all(_agree(here.get(name), there.get(name)) for name in {*here, *there})
    if isinstance(ours, list) and isinstance(theirs, list):
        here, there = cast("list[Any]", ours), cast("list[Any]", theirs)
        return len(here) == len(there) and all(map(_agree, here, there))
    return ours == theirs


def _is_unset(value: Values) -> bool:
    return all(item in _UNSET for item in value.values())


def _comparable(value: Any) -> Any:
    """Return a value whose lists are in order and whose JSON documents are objects."""
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in cast("Values", value).items()}
    if isinstance(value, list):
        return sorted(map(_comparable, cast("list[Any]", value)), key=_sort_key)
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return _comparable(json.loads(value))
        except ValueError:
            return value
    return value


def _sort_key(value: Any) -> str:
    if isinstance(value, dict):
        known = cast("Values", value)
        return json.dumps({key: known[key] for key in known if known[key] not in _UNSET}, sort_keys=True)
    return json.dumps(value, sort_keys=True)
