"""Deletes the published versions of functions that no alias needs, whose snapshots are billed."""

from collections.abc import Iterable, Mapping
from typing import Any


def prune_versions(functions: Any, names: Iterable[str]) -> list[str]:
    """Delete former versions of functions by boto3's client of Lambda; return them as `NAME:VERSION`.

    The version of an alias stays, and each newer one, to which a deployment is about to move the alias. Of a
    function without an alias, all versions are deleted: it is invoked as `$LATEST`.
    """
    return [version for name in names for version in _prune(functions, name)]


def _prune(functions: Any, name: str) -> list[str]:
    pages = functions.get_paginator("list_aliases").paginate(FunctionName=name)
    needed = [number for page in pages for alias in page["Aliases"] for number in _versions_of(alias)]
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    published = [
        int(item["Version"]) for page in pages for item in page["Versions"] if item["Version"].isdigit()
    ]
    former = [number for number in published if not needed or number < min(needed)]
    for number in former:
        functions.delete_function(FunctionName=name, Qualifier=str(number))
    return [f"{name}:{number}" for number in former]


def _versions_of(alias: dict[str, Any]) -> list[int]:
    """Return the versions among which an alias divides its invocations."""
    routing: Mapping[str, Any] = alias.get("RoutingConfig") or {}
    weights: Mapping[str, float] = routing.get("AdditionalVersionWeights") or {}
    return [int(number) for number in (alias["FunctionVersion"], *weights) if number.isdigit()]
