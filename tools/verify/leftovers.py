"""Finds what is left of a removed stack: in the services' own lists, and by its tags."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import yaml

from tools.dev_stack.paths import ROOT
from tools.verify.inventory import LISTS, listed
from tools.verify.verification import Verification

SETTLING_SECONDS = 300.0
"""How long AWS's lists may still show what was deleted: they are eventually consistent."""
POLL_SECONDS = 10.0


def by_name(run: Verification, resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the resources of the former state that a service still lists, as `type id`."""
    ids: dict[str, set[str]] = {}
    for one in resources:
        if one["type"] in LISTS:
            ids.setdefault(str(one["type"]), set()).add(str(one["id"]))

    def left() -> list[str]:
        found = ((kind, name) for kind in sorted(ids) for name in sorted(listed(run.aws, kind)))
        return [f"{kind} {name}" for kind, name in found if name in ids[kind]]

    return _settled(run, left)


def by_tag(run: Verification) -> list[str]:
    """Return the ARNs of the resources with the stack's tags."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["name"]
    filters = [
        {"Key": "Project", "Values": [project]},
        {"Key": "Stack", "Values": [run.stack.name.rpartition("/")[2]]},
    ]
    pages = run.client("resourcegroupstaggingapi").get_paginator("get_resources")

    def left() -> list[str]:
        found = pages.paginate(TagFilters=filters).search("ResourceTagMappingList[].ResourceARN")
        return sorted(str(arn) for arn in found)

    return _settled(run, left)


def _settled(run: Verification, left: Callable[[], Sequence[str]]) -> list[str]:
    deadline = time.monotonic() + (0 if run.on_emulator else SETTLING_SECONDS)
    while (found := left()) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return list(found)
