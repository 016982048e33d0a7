"""Describe how each AWS service tags: its own calls and shapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.convert import get_object


@dataclass(frozen=True, kw_only=True)
class Tagging:
    """How one service tags.

    `address` is the parameter that names the resource, `by` the property whose value it takes (`id` for the
    resource's id). `create` is the create call's member; empty if tags need a call of their own.
    """

    service: str
    address: str
    by: str = "arn"
    create: str = "Tags"
    tags: str = "Tags"
    keys: str = "TagKeys"
    as_list: bool = False
    list_operation: str = ""
    list_result: str = "Tags"
    tag_operation: str = "TagResource"
    untag_operation: str = "UntagResource"
    key: str = "Key"
    value: str = "Value"

    def shape(self, tags: Mapping[str, str]) -> Any:
        """Return the tags as this service takes them."""
        if self.as_list:
            return [{self.key: name, self.value: value} for name, value in tags.items()]
        return dict(tags)

    def plain(self, response: Any) -> dict[str, str]:
        """Return the tags as a map, from this service's response."""
        if self.as_list:
            return {item[self.key]: item[self.value] for item in cast("list[dict[str, str]]", response or [])}
        return dict(response or {})

    def read(self, cloud: Cloud, resource_id: str, outputs: Mapping[str, Any]) -> dict[str, str]:
        """Return the tags that the resource has now."""
        where = {self.address: self._target(resource_id, outputs)}
        return self.plain(cloud.call(self.service, self.list_operation, **where).get(self.list_result))

    def apply(
        self, cloud: Cloud, resource_id: str, outputs: Mapping[str, Any], wanted: Mapping[str, str]
    ) -> None:
        """Set the resource's tags to exactly `wanted`."""
        target = self._target(resource_id, outputs)
        current = get_object(outputs, "tagsAll")
        removed = [name for name in current if name not in wanted]
        new = {name: value for name, value in wanted.items() if current.get(name) != value}
        if removed:
            cloud.call(self.service, self.untag_operation, **{self.address: target, self.keys: removed})
        if new:
            cloud.call(self.service, self.tag_operation, **{self.address: target, self.tags: self.shape(new)})

    def _target(self, resource_id: str, outputs: Mapping[str, Any]) -> Any:
        return resource_id if self.by == "id" else outputs[self.by]
