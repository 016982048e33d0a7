"""Build tables of properties from the record of what pulumi-aws does with each property, `upstream.json`.

The record comes from the sources of the Terraform provider that pulumi-aws bridges; emulator/README.md says
how. A type adds what the record cannot know: AWS's names, and what the emulator does otherwise.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from typing import Any, TypedDict

from pulumi_local_aws.provider.schema import Kind, Property, Table

Facts = Mapping[str, Any]


class Override(TypedDict, total=False):
    """What a type adds to the record. `because` is the reason of a deviation from the record."""

    api: str
    because: str
    computed: bool
    default: Any
    kind: Kind
    local: bool
    output: bool
    replace: Any
    required: bool
    volatile: bool


Overrides = Mapping[str, Override]

RECORD: Mapping[str, Mapping[str, Facts]] = json.loads(
    files("pulumi_local_aws.provider").joinpath("upstream.json").read_text()
)["types"]
_KINDS = {kind.name.lower(): kind for kind in Kind}


def build_table(token: str, overrides: Overrides, name_property: str = "") -> Table:
    """Return the table of a resource type; the provider fills in `name_property`, so a program may omit it.

    Raises KeyError if the record lacks the type, and ValueError if it lacks an overridden property.
    """
    facts = RECORD[token]
    unknown = sorted(set(overrides) - set(facts))
    if unknown:
        raise ValueError(f"{token}: upstream.json has no property {unknown[0]!r}")
    return _fields(facts, overrides, "", name_property)


def within(path: str, overrides: Overrides) -> dict[str, Override]:
    """Return the overrides for the properties of the block at `path`."""
    return {f"{path}.{name}": override for name, override in overrides.items()}


def _fields(facts: Mapping[str, Facts], overrides: Overrides, path: str, name_property: str) -> Table:
    names = [name.removeprefix(path) for name in facts if name.startswith(path)]
    return {
        name: _property(facts, overrides, path + name, is_name=path + name == name_property)
        for name in names
        if "." not in name
    }


def _property(facts: Mapping[str, Facts], overrides: Overrides, path: str, *, is_name: bool) -> Property:
    fact = facts[path]
    prop = replace(
        recorded_property(facts, path, is_name=is_name),
        **{name: value for name, value in overrides.get(path, {}).items() if name != "because"},
    )
    fields = _fields(facts, overrides, f"{path}.", "")
    if prop.kind is Kind.BLOCK:
        return replace(prop, fields=fields)
    if prop.kind in {Kind.LIST, Kind.SET, Kind.MAP}:
        item = Property(kind=_KINDS[fact.get("item", "text")])
        return replace(prop, item=Property(kind=Kind.BLOCK, fields=fields) if fields else item)
    return prop


def recorded_property(facts: Mapping[str, Facts], path: str, *, is_name: bool) -> Property:
    """Return the property at `path` as the record has it, without what it holds."""
    fact = facts[path]
    # pulumi-aws lets no program set the tags with the provider's default tags in them.
    output = bool(fact.get("output")) or path == "tagsAll"
    prop = Property(kind=_KINDS[fact.get("kind", "text")], secret=bool(fact.get("secret")), output=output)
    if output:
        return prop
    replaces = "." not in path and any(
        one.get("replaces") for name, one in facts.items() if name == path or name.startswith(f"{path}.")
    )
    return replace(
        prop,
        required=bool(fact.get("required")) and not is_name,
        computed=bool(fact.get("computed")) and not is_name,
        default=fact.get("default"),
        replace=replaces,
        # A resource's Region is the provider's: no call takes it.
        local=path == "region",
    )
