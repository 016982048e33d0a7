"""Reads the stack's config (`pulumi config`) into typed settings."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import pulumi
from pulumi import Config
from pulumi.config import ConfigTypeError
from pulumi.runtime import config as runtime_config

from websocket_sessions.argument_types import (
    annotations,
    is_arguments,
    is_list,
    item_annotation,
    required_fields,
    shape,
)
from websocket_sessions.arguments import ArgumentError, camel_case
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import SessionSettings

Settings = TypeVar("Settings")

NAMESPACE = "websocket-sessions"
"""The namespace of all settings in a stack's config, whatever the project's own name is."""

LOAD = "load"
RAISED_QUOTAS = "raisedQuotas"
SITE = "site"


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """All that a stack can set."""

    settings: SessionSettings
    """The behaviour of sessions."""
    options: BackendOptions
    """The backend's resources."""
    site: bool
    """Whether the built pages are published."""
    load: Mapping[str, Any] | None
    """The load to estimate quotas and costs for, if it is declared."""
    raised_quotas: Mapping[str, Any]
    """Quotas of the account that AWS has raised, by name."""
    region: str | None
    """The Region, from the config or else the environment; None if neither names one."""


def read_config() -> StackConfig:
    """Return the stack's settings, with defaults for those that are not set.

    Raises ArgumentError for an unknown key, for a value that is not allowed, and for a setting under the
    project's own name, where it would be ignored.
    """
    known = {*_keys(SessionSettings), *_keys(BackendOptions), *_OTHERS}
    _refuse_unknown(_given_keys(NAMESPACE), known)
    _refuse_other_namespace(known)
    config = Config(NAMESPACE)
    raised: Mapping[str, Any] = _value(config, RAISED_QUOTAS, dict) or {}
    options = _read(BackendOptions, config, account_concurrency=raised.get("lambdaConcurrency"))
    return StackConfig(
        settings=_read(SessionSettings, config),
        options=options,
        site=_value(config, SITE, bool) or False,
        load=_value(config, LOAD, dict),
        raised_quotas=raised,
        region=Config("aws").get("region") or os.environ.get("AWS_REGION"),
    )


_OTHERS = (LOAD, RAISED_QUOTAS, SITE)
_LIST = "a list"
_MAPPING = "a mapping"


def _read(kind: type[Settings], config: Config, **defaults: Any) -> Settings:
    read = {name: _value(config, camel_case(name), hint) for name, hint in annotations(kind).items()}
    given = {name: defaults.get(name) if value is None else value for name, value in read.items()}
    return kind(**{name: value for name, value in given.items() if value is not None})


def _value(config: Config, key: str, hint: Any) -> Any:
    """Return a key's value as its annotation (`int`, `int | None`, ...) says; None if it is not set.

    Raises ArgumentError for a value of another type.
    """
    kinds = list(shape(hint).alternatives)
    name, read = _reader(config, kinds)
    try:
        value = read(key)
    except ConfigTypeError as error:
        raise ArgumentError(f"{NAMESPACE}:{key} is {config.get(key)!r}: allowed is {name}") from error
    if value is None:
        return None
    _check_type(key, value, name)
    nested = next(filter(is_arguments, kinds), None)
    if nested is not None:
        return _nested(key, nested, value)
    item = next(filter(is_arguments, map(item_annotation, kinds)), None)
    if item is not None:
        return {name: _item(f"{key}.{name}", item, given) for name, given in value.items()}
    return value


def _reader(config: Config, kinds: list[Any]) -> tuple[str, Callable[[str], Any]]:
    """Return what to call a value of the type in an error, and the function that reads it."""
    readers: dict[Any, tuple[str, Callable[[str], Any]]] = {
        bool: ("true or false", config.get_bool),
        int: ("a whole number", config.get_int),
        float: ("a number", config.get_float),
        str: ("a text", config.get),
    }
    for kind, reader in readers.items():
        if kind in kinds:
            return reader
    return (_LIST if any(map(is_list, kinds)) else _MAPPING), config.get_object


def _check_type(key: str, value: Any, name: str) -> None:
    wanted = {_LIST: list, _MAPPING: dict}.get(name)
    if wanted and not isinstance(value, wanted):
        raise ArgumentError(f"{NAMESPACE}:{key} is {value!r}: allowed is {name}")


def _nested(key: str, kind: type[Any], given: Mapping[str, Any]) -> Any:
    hints = {camel_case(name): (name, hint) for name, hint in annotations(kind).items()}
    _refuse_unknown((f"{key}.{name}" for name in given), {f"{key}.{name}" for name in hints})
    for name, value in given.items():
        _check_scalar(f"{key}.{name}", value, hints[name][1])
    return kind(**{hints[name][0]: value for name, value in given.items()})


def _item(key: str, kind: type[Any], given: Any) -> Any:
    """Return a value of a mapping, whose errors name the key; the value's class knows its own names only."""
    _check_type(key, given, _MAPPING)
    for name in required_fields(kind):
        if camel_case(name) not in given:
            raise ArgumentError(f"{NAMESPACE}:{key}.{camel_case(name)} is missing: {key} requires it")
    try:
        return _nested(key, kind, given)
    except ArgumentError as error:
        said = str(error)
        raise ArgumentError(said if said.startswith(NAMESPACE) else f"{NAMESPACE}:{key}.{said}") from None


def _check_scalar(key: str, value: Any, hint: Any) -> None:
    kinds = shape(hint).alternatives
    if bool in kinds:
        fits, allowed = isinstance(value, bool), "true or false"
    elif float in kinds:
        fits, allowed = isinstance(value, int | float) and not isinstance(value, bool), "a number"
    else:
        fits, allowed = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    if not fits:
        raise ArgumentError(f"{NAMESPACE}:{key} is {value!r}: allowed is {allowed}")


def _keys(kind: type[Any]) -> list[str]:
    return [camel_case(item.name) for item in fields(kind)]


def _refuse_other_namespace(known: set[str]) -> None:
    """Raise ArgumentError for a setting under the project's name: `pulumi config set KEY` writes it there."""
    project = pulumi.get_project()
    misplaced = sorted(known & set(_given_keys(project))) if project != NAMESPACE else []
    if misplaced:
        raise ArgumentError(
            f"{project}:{misplaced[0]} is ignored: settings are read from {NAMESPACE}:{misplaced[0]}"
        )


def _given_keys(namespace: str) -> list[str]:
    given: dict[str, Any] = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    prefix = f"{namespace}:"
    return [key.removeprefix(prefix) for key in given if key.startswith(prefix)]


def _refuse_unknown(given: Iterable[str], known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise ArgumentError(
            f"{NAMESPACE}:{unknown[0]} is an unknown setting: known are {', '.join(sorted(known))}"
        )
