"""CloudFront's lists: the API has each as an object with Items and Quantity, pulumi-aws as a list."""

from collections.abc import Mapping
from typing import Any, cast

from botocore.model import ListShape, Shape, StructureShape

from pulumi_local_aws.provider.convert import parts


def counted(shape: Shape | None, value: Any) -> Any:
    """The value with each list as CloudFront takes it, by the service's model."""
    if isinstance(shape, StructureShape):
        members = shape.members
        if "Quantity" in members and "Items" in members:
            given = parts(value, "Items") if isinstance(value, Mapping) else value
            items = [counted(_item(members["Items"]), item) for item in given]
            extra = _extra(value, members)
            return {"Quantity": len(items), **({"Items": items} if items else {}), **extra}
        if isinstance(value, Mapping):
            given = cast("Mapping[str, Any]", value)
            return {name: counted(members.get(name), item) for name, item in given.items()}
    return value


def plain(value: Any, *, unwrap: bool = True) -> Any:
    """An answer with each counted list as a list, or, without `unwrap`, as an object with Items only."""
    if isinstance(value, list):
        return [plain(item, unwrap=unwrap) for item in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    told = cast("Mapping[str, Any]", value)
    if unwrap and "Quantity" in told and set(told) <= {"Quantity", "Items"}:
        return [plain(item) for item in parts(told, "Items")]
    return {name: plain(item, unwrap=unwrap) for name, item in told.items() if name != "Quantity"}


def _item(shape: Shape) -> Shape | None:
    return shape.member if isinstance(shape, ListShape) else None


def _extra(value: Any, members: Mapping[str, Shape]) -> dict[str, Any]:
    """What stands beside the items: AllowedMethods has CachedMethods in it."""
    if not isinstance(value, Mapping):
        return {}
    given = cast("Mapping[str, Any]", value)
    rest = {name: item for name, item in given.items() if name not in {"Items", "Quantity"}}
    return {name: counted(members.get(name), item) for name, item in rest.items()}
