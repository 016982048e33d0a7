"""Decide what a change of inputs needs: nothing, an update in place, or a replacement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pulumi_local_aws.provider.check import DEFAULTS_KEY
from pulumi_local_aws.provider.compare import equal
from pulumi_local_aws.provider.resource import Resource
from pulumi_local_aws.provider.schema import inputs_of
from pulumi_local_aws.provider.values import contains_unknown

Change = Literal["add", "delete", "update"]


@dataclass(kw_only=True)
class Changes:
    """The changed properties, those that need a replacement, and the replacement's order."""

    properties: dict[str, Change] = field(default_factory=dict[str, Change])
    replaces: list[str] = field(default_factory=list[str])
    delete_first: bool = False


def diff(
    resource: Resource, olds: Mapping[str, Any], news: Mapping[str, Any], state: Mapping[str, Any]
) -> Changes:
    """Compare the new inputs with the old ones; `state` has what AWS chose for omitted properties."""
    changes = Changes()
    for name, prop in inputs_of(resource.table).items():
        old, new = olds.get(name), news.get(name)
        if old is None and prop.computed:
            old = state.get(name)
        if equal(prop, new, old):
            continue
        changes.properties[name] = "add" if old is None else "delete" if new is None else "update"
        if prop.replaces(old, new):
            changes.replaces.append(name)
    changes.delete_first = bool(changes.replaces) and _name_is_fixed(resource, news)
    return changes


def changes_tags(
    resource: Resource, news: Mapping[str, Any], state: Mapping[str, Any], default_tags: Mapping[str, str]
) -> bool:
    """Return whether the provider's default tags need an update of a resource whose own tags are the same."""
    if resource.tagging is None or contains_unknown(news.get("tags")) or "tagsAll" not in state:
        return False
    return state["tagsAll"] != resource.wanted_tags(default_tags, news)


def _name_is_fixed(resource: Resource, news: Mapping[str, Any]) -> bool:
    """Return whether the program gives the name that otherwise has a random suffix."""
    auto = resource.autoname
    return auto is not None and auto.random and auto.property not in news.get(DEFAULTS_KEY, [])
