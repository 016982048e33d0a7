"""What the arguments of all components have in common: frozen, keyword-only, checked when they are made."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, cast, dataclass_transform, get_origin, overload

from pulumi import Input, Output, RunError

from websocket_sessions.argument_types import (
    annotations,
    has_arguments,
    is_arguments,
    is_known,
    is_list,
    is_mapping,
    item_annotation,
    required_fields,
    shape,
)
from websocket_sessions.plain_arguments import CLASS_REASON, DECIDES_RESOURCES, reason_for

Args = TypeVar("Args")
Value = TypeVar("Value")
_CHECKS = "__argument_checks__"
"""The attribute of a class of arguments with the `__post_init__` of its bases and its own."""


class ArgumentError(RunError, ValueError):
    """An argument has a value that is not allowed; the message names the argument, the value and the rule.

    As a RunError, it ends a Pulumi program with its message alone, without a traceback.
    """


@overload
def arguments(cls: type[Args]) -> type[Args]: ...
@overload
def arguments(*, plain_because: str) -> Callable[[type[Args]], type[Args]]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def arguments(
    cls: type[Args] | None = None, *, plain_because: str = DECIDES_RESOURCES
) -> type[Args] | Callable[[type[Args]], type[Args]]:
    """Make a class the frozen, keyword-only arguments of a component.

    Each value is checked against its annotation before `__post_init__` of the class's bases and its own
    runs. A mapping becomes the class of arguments that the annotation names, and a whole float an int.
    `plain_because` is the reason of fields that take no Output and name no reason of their own.
    """
    if cls is None:
        return lambda decorated: _make_arguments(decorated, plain_because)
    return _make_arguments(cls, plain_because)


def _make_arguments(cls: type[Args], plain_because: str) -> type[Args]:
    own = cast(Callable[[Any], None] | None, cls.__dict__.get("__post_init__"))
    inherited = cast(tuple[Callable[[Any], None], ...], getattr(cls, _CHECKS, ()))
    checks = inherited if own is None else (*inherited, own)

    def check_all(self: Any) -> None:
        kind = cast(type[Any], type(self))
        for item in fields(kind):
            given = getattr(self, item.name)
            value = coerce(item.name, item.type, given, plain_because=reason_for(kind, item))
            object.__setattr__(self, item.name, value)
        for run in checks:
            run(self)

    setattr(cls, _CHECKS, checks)
    setattr(cls, CLASS_REASON, plain_because)
    setattr(cls, "__post_init__", check_all)  # noqa: B010 - a name that the type does not declare
    return dataclass(frozen=True, kw_only=True)(cls)


def coerce_args(
    kind: type[Args], given: Args | Mapping[str, Any] | None, options: Mapping[str, Any] | None = None
) -> Args:
    """Return a component's arguments, given as an instance, as a mapping or as keyword options.

    The keys of a mapping may be spelt as in Python or as in other languages. Raises ArgumentError for an
    unknown key, for a value that is not allowed, and if there are both arguments and options.
    """
    if given is not None and options:
        raise ArgumentError(f"args is {given!r}: allowed is either args or keyword options, not both")
    values = options or {} if given is None else given
    return _from_mapping(kind, cast(Mapping[str, Any], values)) if isinstance(values, Mapping) else values


def coerce(argument: str, annotation: Any, value: Any, *, plain_because: str = DECIDES_RESOURCES) -> Any:
    """Return a value as its annotation says.

    Raises ArgumentError if it does not fit. `plain_because` is the reason if it is an Output and may be none.
    """
    allowed = shape(annotation)
    if not is_known(value):
        if allowed.deferred:
            changes = has_arguments(annotation) or int in allowed.alternatives
            return _coerced_later(argument, annotation, value) if changes else value
        raise ArgumentError(
            f"{argument} is an Output: allowed is a value that is known while the program runs, "
            f"because {plain_because}"
        )
    if value is None and allowed.optional:
        return None
    alternative = _fitting(allowed.alternatives, value)
    if alternative is None:
        names = " or ".join(_described(item) for item in allowed.alternatives)
        raise ArgumentError(f"{argument} is {value!r}: allowed is {names}")
    return _coerced(argument, alternative, value, plain_because)


def check(argument: str, value: object, allowed: str, *, when: bool) -> None:
    """Raise ArgumentError unless `when` holds."""
    if not when:
        raise ArgumentError(f"{argument} is {value!r}: {allowed}")


def check_rule(argument: str, value: Input[Value], allowed: str, rule: Callable[[Value], bool]) -> None:
    """Raise ArgumentError for a known value that breaks a rule; only AWS can refuse an Output."""
    if is_known(value):
        check(argument, value, allowed, when=rule(cast(Value, value)))


def check_range(argument: str, value: Input[float], low: float, high: float, reason: str = "") -> None:
    """Raise ArgumentError for a known number that is not between two bounds, both included."""
    allowed = f"allowed is {_bound(low)} to {_bound(high)}"
    check_rule(
        argument, value, f"{allowed} ({reason})" if reason else allowed, lambda known: low <= known <= high
    )


def check_choice(argument: str, value: Input[object], choices: Iterable[object]) -> None:
    """Raise ArgumentError for a known value that is not one of the choices."""
    listed = list(choices)
    check_rule(argument, value, f"allowed is {', '.join(map(str, listed))}", lambda known: known in listed)


def camel_case(name: str) -> str:
    """Return a Python name as config and JSON spell it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _bound(number: float) -> str:
    """Return a bound in full: `2592000`, never `2.592e+06`."""
    return str(int(number)) if float(number).is_integer() else str(number)


def _from_mapping(kind: type[Args], given: Mapping[str, Any]) -> Args:
    names = list(annotations(kind))
    spellings = {**{camel_case(name): name for name in names}, **{name: name for name in names}}
    for key in given:
        if key not in spellings:
            close = difflib.get_close_matches(key, spellings, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(names)}"
            raise ArgumentError(f"{key} is no argument of {kind.__name__}: {hint}")
    values = {spellings[key]: value for key, value in given.items() if value is not None}
    for name in required_fields(kind):
        if name not in values:
            raise ArgumentError(f"{name} is missing: {kind.__name__} requires it")
    return kind(**values)


def _fitting(alternatives: Sequence[Any], value: Any) -> Any | None:
    """Return the first alternative that a known value fits, or None."""
    if isinstance(value, Mapping):
        keys = {str(key) for key in cast(Mapping[Any, Any], value)}
        classes = sorted(
            (item for item in alternatives if is_arguments(item)),
            key=lambda item: len(keys - _spellings(item)),
        )
        named = [item for item in classes if keys <= _spellings(item)]
        mappings = [item for item in alternatives if is_mapping(item)]
        anything = [item for item in alternatives if item is Any]
        return next(iter([*named, *mappings, *classes, *anything]), None)
    return next((item for item in alternatives if _fits(item, value)), None)


def _fits(alternative: Any, value: Any) -> bool:
    if alternative is Any:
        return True
    if alternative is int:
        whole = isinstance(value, float) and value.is_integer()
        return whole or (isinstance(value, int) and not isinstance(value, bool))
    if alternative is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if is_list(alternative):
        return isinstance(value, Sequence) and not isinstance(value, str | bytes)
    return isinstance(value, get_origin(alternative) or alternative)


def _coerced_later(argument: str, annotation: Any, value: Input[Any]) -> Output[Any]:
    """Return an Output whose value is coerced once it is known."""
    return Output.from_input(value).apply(lambda known: coerce(argument, annotation, known))


def _coerced(argument: str, alternative: Any, value: Any, plain_because: str) -> Any:
    if is_arguments(alternative) and isinstance(value, Mapping):
        return _from_nested(argument, alternative, cast(Mapping[str, Any], value))
    item = item_annotation(alternative)
    if item is not None and isinstance(value, Mapping):
        values = cast(Mapping[str, Any], value).items()
        return {
            key: coerce(f"{argument}.{key}", item, known, plain_because=plain_because)
            for key, known in values
        }
    if item is not None:
        return [
            coerce(f"{argument}[{place}]", item, known, plain_because=plain_because)
            for place, known in enumerate(value)
        ]
    return int(value) if alternative is int else value


def _from_nested(argument: str, kind: type[Any], given: Mapping[str, Any]) -> Any:
    try:
        return _from_mapping(kind, given)
    except ArgumentError as error:
        said = str(error)
        raise ArgumentError(said if said.startswith(f"{argument}.") else f"{argument}.{said}") from None


def _spellings(kind: type[Any]) -> set[str]:
    names = annotations(kind)
    return {*names, *map(camel_case, names)}


def _described(alternative: Any) -> str:
    """Return a type as an error names it."""
    if is_list(alternative):
        return "a list"
    if is_mapping(alternative):
        return "a mapping"
    return str(getattr(alternative, "__name__", alternative))
