"""Deletes the published versions of functions whose snapshots are billed and that nothing refers to."""

from collections.abc import Iterable, Mapping
from typing import Any

from websocket_sessions.snap_start_alias import SNAP_START_ALIAS


def prune_versions(functions: Any, names: Iterable[str]) -> list[str]:
    """Delete former versions of functions by boto3's client of Lambda; return them as `NAME:VERSION`.

    The version of the alias `live` stays, and each newer one, to which a deployment is about to move the
    alias. A function without that alias is invoked as `$LATEST`, and all its versions are former ones.

    A version without a snapshot stays, and one that an alias, an event source mapping or a resource-based
    policy names.
    """
    return [version for name in names for version in _prune(functions, name)]


def _prune(functions: Any, name: str) -> list[str]:
    pages = functions.get_paginator("list_aliases").paginate(FunctionName=name)
    by_alias = {alias["Name"]: _versions_of(alias) for page in pages for alias in page["Aliases"]}
    live = by_alias.get(SNAP_START_ALIAS)
    needed = {number for numbers in by_alias.values() for number in numbers}
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    published = [int(item["Version"]) for page in pages for item in page["Versions"] if _has_snapshot(item)]
    former = [
        number
        for number in published
        if (live is None or number < min(live, default=0))
        and number not in needed
        and not _is_invoked_by_number(functions, name, str(number))
    ]
    for number in former:
        functions.delete_function(FunctionName=name, Qualifier=str(number))
    return [f"{name}:{number}" for number in former]


def _has_snapshot(item: Mapping[str, Any]) -> bool:
    """Return whether the item is a published version with SnapStart."""
    snap_start: Mapping[str, str] = item.get("SnapStart") or {}
    return item["Version"].isdigit() and snap_start.get("ApplyOn") == "PublishedVersions"


def _is_invoked_by_number(functions: Any, name: str, number: str) -> bool:
    """Return whether an event source mapping names the version, or a policy lets a service invoke it."""
    pages = functions.get_paginator("list_event_source_mappings").paginate(FunctionName=f"{name}:{number}")
    mapped = [mapping["FunctionArn"] for page in pages for mapping in page["EventSourceMappings"]]
    if any(arn.endswith(f":{name}:{number}") for arn in mapped):
        return True
    try:
        functions.get_policy(FunctionName=name, Qualifier=number)
    except functions.exceptions.ResourceNotFoundException:
        return False
    return True


def _versions_of(alias: dict[str, Any]) -> list[int]:
    """Return the versions among which an alias divides its invocations."""
    routing: Mapping[str, Any] = alias.get("RoutingConfig") or {}
    weights: Mapping[str, float] = routing.get("AdditionalVersionWeights") or {}
    return [int(number) for number in (alias["FunctionVersion"], *weights) if number.isdigit()]
