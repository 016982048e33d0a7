"""Reads the annotations of arguments: what each allows, for checks and for the schema of the package."""

import inspect
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, ForwardRef, Union, cast, get_args, get_origin

from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What an annotation allows."""

    alternatives: tuple[Any, ...]
    """The types of a value that is known while the program runs, without None."""
    optional: bool
    """Whether None is allowed."""
    deferred: bool
    """Whether the value may be known at deployment only: `pulumi.Input`."""


def shape(annotation: Any) -> Shape:
    """Return what an annotation allows."""
    members = tuple(get_args(annotation)) if _is_union(annotation) else (annotation,)
    return Shape(
        alternatives=tuple(item for item in members if not _is_deferred(item) and item is not NoneType),
        optional=NoneType in members,
        deferred=any(_is_deferred(item) for item in members),
    )


def annotations(kind: type[Any]) -> dict[str, Any]:
    """Return the annotation of each field of a class of arguments."""
    return {item.name: cast(Any, item.type) for item in fields(kind)}


def required_fields(kind: type[Any]) -> list[str]:
    """Return the names of the fields that have no default."""
    return [item.name for item in fields(kind) if item.default is MISSING and item.default_factory is MISSING]


def item_annotation(alternative: Any) -> Any | None:
    """Return the annotation of a list's items or of a mapping's values; None for any other type."""
    given = get_args(alternative)
    return given[-1] if given and (is_list(alternative) or is_mapping(alternative)) else None


def is_list(alternative: Any) -> bool:
    """Return whether a type is a list."""
    return get_origin(alternative) in (list, Sequence)


def is_mapping(alternative: Any) -> bool:
    """Return whether a type is a mapping."""
    return get_origin(alternative) in (dict, Mapping)


def is_arguments(alternative: Any) -> bool:
    """Return whether a type is a class of arguments."""
    return isinstance(alternative, type) and is_dataclass(alternative)


def has_arguments(annotation: Any) -> bool:
    """Return whether a value may hold arguments of a class, at any depth of lists and mappings."""
    alternatives = shape(annotation).alternatives
    items = (item_annotation(item) for item in alternatives)
    return any(map(is_arguments, alternatives)) or any(has_arguments(item) for item in items if item)


def is_known(value: object) -> bool:
    """Return whether a value is known while the program runs."""
    return not isinstance(value, Output) and not inspect.isawaitable(value)


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _is_deferred(member: Any) -> bool:
    """Return whether a member of a union is one of those by which `pulumi.Input` adds outputs to a type."""
    return isinstance(member, ForwardRef) or get_origin(member) in (Awaitable, Output)
