"""Reads the stack's config (`pulumi config`) into typed settings."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar, cast, get_args, get_type_hints

from pulumi import Config
from pulumi.runtime import config as runtime_config

from websocket_sessions.arguments import ArgumentError, camel_case
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import SessionSettings

Settings = TypeVar("Settings")

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
    """Where the stack is, as the config or else the environment says; none where neither does."""


def read_config(config: Config) -> StackConfig:
    """Return the stack's settings, with defaults for what is not set.

    Raises ArgumentError for a key that is not known, as it may be a misspelt one, and for a value that is not
    allowed.
    """
    _refuse_unknown(_given_keys(config.name), {*_keys(SessionSettings), *_keys(BackendOptions), *_OTHERS})
    return StackConfig(
        settings=_read(SessionSettings, config),
        options=_at_local_endpoint(_read(BackendOptions, config)),
        site=config.get_bool(SITE) or False,
        load=config.get_object(LOAD),
        raised_quotas=config.get_object(RAISED_QUOTAS) or {},
        region=Config("aws").get("region") or os.environ.get("AWS_REGION"),
    )


_OTHERS = (LOAD, RAISED_QUOTAS, SITE)


def _at_local_endpoint(options: BackendOptions) -> BackendOptions:
    """Where a stack names a local Cognito, the endpoint that the AWS SDKs are told of moves it."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    return replace(options, cognito_endpoint=endpoint) if options.cognito_endpoint and endpoint else options


def _read(kind: type[Settings], config: Config) -> Settings:
    hints = get_type_hints(kind)
    given = {name: _value(config, camel_case(name), hint) for name, hint in hints.items()}
    return kind(**{name: value for name, value in given.items() if value is not None})


def _value(config: Config, key: str, hint: Any) -> Any:
    """Return a key's value as its annotation (`int`, `int | None`, ...) says; None where it is not set."""
    kinds = (hint, *get_args(hint))
    readers = {bool: config.get_bool, int: config.get_int, float: config.get_float, str: config.get}
    for kind, read in readers.items():
        if kind in kinds:
            return read(key)
    value = config.get_object(key)
    nested = next((kind for kind in kinds if is_dataclass(kind)), None)
    return value if value is None or nested is None else _nested(key, cast(type[Any], nested), value)


def _nested(key: str, kind: type[Any], given: Mapping[str, Any]) -> Any:
    names = {camel_case(item.name): item.name for item in fields(kind)}
    _refuse_unknown((f"{key}.{name}" for name in given), {f"{key}.{name}" for name in names})
    return kind(**{names[name]: value for name, value in given.items()})


def _keys(kind: type[Any]) -> list[str]:
    return [camel_case(item.name) for item in fields(kind)]


def _given_keys(namespace: str) -> list[str]:
    given: dict[str, Any] = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    prefix = f"{namespace}:"
    return [key.removeprefix(prefix) for key in given if key.startswith(prefix)]


def _refuse_unknown(given: Iterable[str], known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise ArgumentError(
            f"{unknown[0]} is no setting of this project: known are {', '.join(sorted(known))}"
        )
