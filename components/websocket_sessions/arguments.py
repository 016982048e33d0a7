"""What the arguments of all components have in common: frozen, keyword-only, checked when they are made."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from typing import Any, TypeVar, cast, dataclass_transform, get_args, get_type_hints

from pulumi import Output, RunError

Args = TypeVar("Args")


class ArgumentError(RunError, ValueError):
    """An argument has a value that is not allowed; the message names the argument, the value and the rule.

    As a RunError, it ends a Pulumi program with its message alone, without a traceback.
    """


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def arguments(cls: type[Args]) -> type[Args]:
    """Make a class the frozen, keyword-only arguments of a component.

    Where a field has a default, its annotation says so at run time (`| None`): the schema of the component
    package is derived from annotations, and an argument with a default is not required in any language.
    """
    made = dataclass(frozen=True, kw_only=True)(cls)
    for item in _fields(made):
        if _has_default(item):
            made.__annotations__[item.name] = cast(Any, item.type) | None
    return made


def coerce_args(kind: type[Args], given: Args | Mapping[str, Any]) -> Args:
    """Return the arguments as an instance of `kind`.

    A program in another language sends a mapping, in which a whole number is a float. Raises ArgumentError
    for what is not allowed.
    """
    return _from_mapping(kind, cast(Mapping[str, Any], given)) if isinstance(given, Mapping) else given


def check(argument: str, value: object, allowed: str, *, when: bool) -> None:
    """Raise ArgumentError unless `when` holds; a value that only the deployment knows is left alone."""
    if not when and not isinstance(value, Output):
        raise ArgumentError(f"{argument} is {value!r}: {allowed}")


def check_range(argument: str, value: float, low: float, high: float, reason: str = "") -> None:
    """Raise ArgumentError where a number is not between two bounds, both included."""
    allowed = f"allowed is {low:g} to {high:g}"
    check(argument, value, f"{allowed} ({reason})" if reason else allowed, when=low <= value <= high)


def check_choice(argument: str, value: object, choices: Iterable[object]) -> None:
    """Raise ArgumentError where a value is not one of the choices."""
    listed = list(choices)
    check(argument, value, f"allowed is {', '.join(map(str, listed))}", when=value in listed)


def camel_case(name: str) -> str:
    """Return a Python name as config and JSON spell it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _from_mapping(kind: type[Args], given: Mapping[str, Any]) -> Args:
    hints = get_type_hints(kind)
    return kind(**{name: _converted(hints[name], value) for name, value in given.items() if name in hints})


def _converted(hint: Any, value: Any) -> Any:
    kinds = [item for item in (hint, *get_args(hint)) if isinstance(item, type)]
    for kind in kinds:
        if is_dataclass(kind) and isinstance(value, Mapping):
            return _from_mapping(cast(type[Any], kind), cast(Mapping[str, Any], value))
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole and int in kinds and float not in kinds else value


def _fields(cls: type[Any]) -> tuple[Field[Any], ...]:
    return fields(cls)


def _has_default(item: Field[Any]) -> bool:
    factory = cast(Callable[[], Any] | object, item.default_factory)
    return item.default is not MISSING or factory is not MISSING
