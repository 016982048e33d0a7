"""Convert CloudFront's lists: objects with Items and Quantity in its API, lists in pulumi-aws."""

from collections.abc import Mapping
from typing import Any, cast

from botocore.model import ListShape, Shape, StructureShape

from pulumi_local_aws.provider.convert import get_list


def counted(shape: Shape | None, value: Any) -> Any:
    """Return the value with each list as CloudFront takes it, by the service's model."""
    if isinstance(shape, StructureShape):
        members = shape.members
        if "Quantity" in members and "Items" in members:
            given = get_list(value, "Items") if isinstance(value, Mapping) else value
            items = [counted(_item(members["Items"]), item) for item in given]
            extra = _extra(value, members)
            return {"Quantity": len(items), **({"Items": items} if items else {}), **extra}
        if isinstance(value, Mapping):
            given = cast("Mapping[str, Any]", value)
            return {name: counted(members.get(name), item) for name, item in given.items()}
    return value


def plain(value: Any, *, unwrap: bool = True) -> Any:
    """Return a response with each counted list as a list; without `unwrap`, as an object with Items only."""
    if isinstance(value, list):
        return [plain(item, unwrap=unwrap) for item in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    response = cast("Mapping[str, Any]", value)
    if unwrap and "Quantity" in response and set(response) <= {"Quantity", "Items"}:
        return [plain(item) for item in get_list(response, "Items")]
    return {name: plain(item, unwrap=unwrap) for name, item in response.items() if name != "Quantity"}


def _item(shape: Shape) -> Shape | None:
    return shape.member if isinstance(shape, ListShape) else None


def _extra(value: Any, members: Mapping[str, Shape]) -> dict[str, Any]:
    """Return the members beside Items and Quantity: AllowedMethods holds CachedMethods."""
    if not isinstance(value, Mapping):
        return {}
    given = cast("Mapping[str, Any]", value)
    rest = {name: item for name, item in given.items() if name not in {"Items", "Quantity"}}
    return {name: counted(members.get(name), item) for name, item in rest.items()}
