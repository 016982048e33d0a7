"""Check a program's inputs strictly; fill in the defaults and the automatic name."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pulumi_local_aws.provider.cloud import operation_model
from pulumi_local_aws.provider.model import problems
from pulumi_local_aws.provider.resource import Resource
from pulumi_local_aws.provider.schema import Kind, Property, Table, inputs_of
from pulumi_local_aws.provider.values import UNKNOWN, Blob, Properties, contains_unknown

DEFAULTS_KEY = "__defaults"
_SUFFIX_DIGITS = 7


@dataclass(kw_only=True)
class CheckResult:
    """The inputs with what pulumi-aws adds, and the failures as (property, reason)."""

    inputs: Properties = field(default_factory=dict[str, Any])
    failures: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@dataclass(frozen=True, kw_only=True)
class Naming:
    """The engine's part of an automatic name: the name in the URN, the seed, and its proposal if any."""

    name: str
    seed: bytes = b""
    proposed: str = ""
    enforced: bool = False
    disabled: bool = False


def check(
    resource: Resource, news: Mapping[str, Any], olds: Mapping[str, Any], naming: Naming
) -> CheckResult:
    """Check `news`, and keep the automatic name that `olds` has."""
    checked = CheckResult()
    given = {name: value for name, value in news.items() if name != DEFAULTS_KEY and value is not None}
    defaulted = _fill_name(resource, given, olds, naming, checked)
    checked.inputs = check_fields(inputs_of(resource.table), given, "", checked, resource.token)
    if not checked.failures:
        _check_against_model(resource, checked)
    if not checked.failures:
        checked.failures.extend(resource.refusals(checked.inputs))
    if defaulted:
        checked.inputs[DEFAULTS_KEY] = [defaulted]
    return checked


def automatic_name(naming: Naming, *, lower: bool = False) -> str:
    """Return `NAME-<7 hex digits>`, equal for equal seeds."""
    if naming.proposed:
        return naming.proposed
    digits = hashlib.sha256(naming.seed + naming.name.encode()).hexdigest()[:_SUFFIX_DIGITS]
    return f"{naming.name.lower() if lower else naming.name}-{digits}"


def _fill_name(
    resource: Resource,
    given: dict[str, Any],
    olds: Mapping[str, Any],
    naming: Naming,
    checked: CheckResult,
) -> str:
    """Fill in the name if the program gives none. Return the property filled in, or an empty string."""
    auto = resource.autoname
    if auto is None or auto.property in given:
        return ""
    if naming.disabled:
        checked.failures.append((auto.property, "is required: automatic naming is switched off"))
        return ""
    old = olds.get(auto.property)
    if old and auto.property in olds.get(DEFAULTS_KEY, []):
        given[auto.property] = old
    elif not auto.random:
        given[auto.property] = naming.name
    else:
        given[auto.property] = resource.finish_name(automatic_name(naming, lower=auto.lower), given)
    return auto.property


def check_fields(
    table: Table, given: Mapping[str, Any], path: str, checked: CheckResult, owner: str
) -> dict[str, Any]:
    """Return the values at `path` with their defaults; add what is unsupported, missing or ill-typed."""
    result: dict[str, Any] = {}
    for name, value in given.items():
        prop = table.get(name)
        if prop is None:
            checked.failures.append(
                (path + name, f"the local AWS does not support property {path + name!r} of {owner}")
            )
        elif value is not None:
            result[name] = _check_value(prop, value, path + name, checked, owner)
    for name, prop in table.items():
        if result.get(name) is None and prop.default is not None:
            result[name] = prop.default
        if result.get(name) is None and prop.required:
            checked.failures.append((path + name, f"is required by {owner}"))
    return result


def _check_value(prop: Property, value: Any, path: str, checked: CheckResult, owner: str) -> Any:
    if value is UNKNOWN:
        return value
    fits, wanted = _FITS[prop.kind]
    value = _coerce(prop.kind, value)
    if not isinstance(value, fits) or (prop.kind in _NUMBERS and isinstance(value, bool)):
        checked.failures.append((path, f"{value!r} is not {wanted}"))
        return value
    if prop.kind is Kind.BLOCK:
        return check_fields(inputs_of(prop.fields), value, f"{path}.", checked, owner)
    if prop.kind is Kind.MAP and prop.item is not None:
        item = prop.item
        return {
            name: _check_value(item, entry, f"{path}.{name}", checked, owner) for name, entry in value.items()
        }
    if prop.kind in {Kind.LIST, Kind.SET} and prop.item is not None:
        item = prop.item
        entries = cast("list[Any]", value)
        return [
            _check_value(item, entry, f"{path}[{index}]", checked, owner)
            for index, entry in enumerate(entries)
        ]
    return value


_NUMBERS = frozenset({Kind.INTEGER, Kind.NUMBER})
_FITS: Mapping[Kind, tuple[type | tuple[type, ...], str]] = {
    Kind.TEXT: (str, "a string"),
    Kind.JSON: (str, "a JSON document in a string"),
    Kind.POLICY: (str, "a policy in a string"),
    Kind.INTEGER: (int, "a whole number"),
    Kind.NUMBER: ((int, float), "a number"),
    Kind.BOOLEAN: (bool, "true or false"),
    Kind.LIST: (list, "a list"),
    Kind.SET: (list, "a list"),
    Kind.MAP: (dict, "a map"),
    Kind.BLOCK: (dict, "an object"),
    Kind.BLOB: (Blob, "an asset or archive"),
}


def _coerce(kind: Kind, value: Any) -> Any:
    """Convert between strings, numbers and booleans, as Pulumi's bridge does."""
    if kind is Kind.TEXT and isinstance(value, bool):
        return "true" if value else "false"
    if kind is Kind.TEXT and isinstance(value, int | float):
        return str(value)
    if kind is Kind.BOOLEAN and value in ("true", "false"):
        return value == "true"
    if kind in _NUMBERS and isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return value
    return value


def _check_against_model(resource: Resource, checked: CheckResult) -> None:
    """Add what AWS would refuse of the create call, as far as its parameters are known."""
    if not resource.create_operation or any(
        contains_unknown(checked.inputs.get(name)) for name in resource.shaping
    ):
        return
    shape = operation_model(resource.service, resource.create_operation).input_shape
    for problem in problems(shape, resource.create_request(checked.inputs)):
        checked.failures.append(("", f"{resource.create_operation} would refuse {problem}"))
