"""Render IAM policy documents as Terraform's `aws_iam_policy_document` does, byte for byte.

Terraform keeps principals and conditions in sets, and lists a set by the hashes of its entries. The order is
visible where two entries have the same principal type, or the same operator and variable.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.convert import get_list
from pulumi_local_aws.provider.function import Function, Values
from pulumi_local_aws.provider.schema import Property, Table, block, ordered, text, texts, unordered

TOKEN = "aws:iam/getPolicyDocument:getPolicyDocument"
_VERSIONS = ("2008-10-17", "2012-10-17")
# The members of a statement in the order in which Terraform writes them.
_MEMBERS = (
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
)
# Go's encoder escapes these in every string.
_GO_ESCAPES = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"})

Statement = dict[str, Any]
Strings = str | list[str]


def _principals() -> Property:
    return unordered({"identifiers": texts(required=True), "type": text(required=True)})


_CONDITION: Table = {
    "test": text(required=True),
    "values": ordered(text(), required=True),
    "variable": text(required=True),
}
_ARGUMENTS: Table = {
    "overrideJson": text(),
    "overridePolicyDocuments": ordered(text()),
    "policyId": text(),
    "sourceJson": text(),
    "sourcePolicyDocuments": ordered(text()),
    "statements": ordered(
        block(
            {
                "actions": texts(),
                "conditions": unordered(_CONDITION),
                "effect": text(default="Allow"),
                "notActions": texts(),
                "notPrincipals": _principals(),
                "notResources": texts(),
                "principals": _principals(),
                "resources": texts(),
                "sid": text(),
            }
        )
    ),
    "version": text(default="2012-10-17"),
}


def render(arguments: Mapping[str, Any]) -> tuple[str, str]:
    """Return the document, indented and minified. Raises AwsError for what Terraform refuses."""
    _check(arguments)
    merged: Values = {}
    sids: set[str] = set()
    for index, source in enumerate(get_list(arguments, "sourcePolicyDocuments")):
        document = _parse(source, f"sourcePolicyDocuments[{index}]")
        _add_sids(document, sids, f"sourcePolicyDocuments[{index}]")
        _merge(merged, document)
    own = _own_document(arguments)
    _add_sids(own, set(), "statements")
    _merge(merged, own)
    for index, override in enumerate(get_list(arguments, "overridePolicyDocuments")):
        _merge(merged, _parse(override, f"overridePolicyDocuments[{index}]"))
    ordered_members = {name: merged[name] for name in ("Version", "Id") if merged.get(name)}
    if merged.get("Statement"):
        ordered_members["Statement"] = [_written(statement) for statement in merged["Statement"]]
    return _go_json(ordered_members, indent=2), _go_json(ordered_members, indent=None)


def _refuse(path: str, reason: str) -> AwsError:
    return AwsError(TOKEN, "", f"{path}: {reason}")


def _check(arguments: Mapping[str, Any]) -> None:
    for name in ("overrideJson", "sourceJson"):
        if arguments.get(name):
            raise _refuse(name, "has no effect any more; use overridePolicyDocuments, sourcePolicyDocuments")
    if arguments["version"] not in _VERSIONS:
        raise _refuse("version", f"{arguments['version']!r} is not one of {', '.join(_VERSIONS)}")
    for index, statement in enumerate(get_list(arguments, "statements")):
        if statement["effect"] not in ("Allow", "Deny"):
            raise _refuse(f"statements[{index}].effect", f"{statement['effect']!r} is not one of Allow, Deny")
        if not re.fullmatch(r"[a-zA-Z0-9]*", statement.get("sid", "")):
            raise _refuse(
                f"statements[{index}].sid", f"{statement['sid']!r} has other than letters and digits"
            )


def _add_sids(document: Values, sids: set[str], path: str) -> None:
    """Add the statements' ids to `sids`. Raises AwsError for one that is there already."""
    for statement in get_list(document, "Statement"):
        sid = statement.get("Sid")
        if sid in sids:
            raise _refuse(path, f"the Sid {sid!r} is a duplicate")
        if sid:
            sids.add(sid)


def _merge(merged: Values, document: Values) -> None:
    """Merge a document: its id and a newer version take precedence, as do statements with a known Sid."""
    merged["Id"] = document.get("Id") or merged.get("Id")
    merged["Version"] = max(merged.get("Version") or "", document.get("Version") or "")
    statements: list[Statement] = merged.setdefault("Statement", [])
    for statement in get_list(document, "Statement"):
        sid = statement.get("Sid")
        same = [index for index, other in enumerate(statements) if sid and other.get("Sid") == sid]
        if same:
            statements[same[0]] = statement
        else:
            statements.append(statement)


def _own_document(arguments: Mapping[str, Any]) -> Values:
    version = arguments["version"]
    statements = [_own_statement(statement, version) for statement in get_list(arguments, "statements")]
    return {"Version": version, "Id": arguments.get("policyId"), "Statement": statements}


def _own_statement(given: Mapping[str, Any], version: str) -> Statement:
    found: Statement = {"Sid": given.get("sid"), "Effect": given["effect"]}
    for name, member in (("actions", "Action"), ("notActions", "NotAction")):
        if given.get(name):
            found[member] = _one_or_descending(given[name])
    for name, member in (("resources", "Resource"), ("notResources", "NotResource")):
        if given.get(name):
            found[member] = _with_variables(_one_or_descending(given[name]), version)
    for name, member in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(name):
            found[member] = [
                (entry["type"], _with_variables(_one_or_descending(entry["identifiers"]), version))
                for entry in _in_set_order(given[name], _principal_key)
            ]
    if given.get("conditions"):
        found["Condition"] = [
            (entry["test"], entry["variable"], _with_variables(list(entry["values"]), version))
            for entry in _in_set_order(given["conditions"], _condition_key)
        ]
    return found


def _one_or_descending(values: Iterable[str]) -> Strings:
    """Return the only string, else all in descending order, each once."""
    distinct = sorted(set(values), reverse=True)
    return distinct[0] if len(distinct) == 1 else distinct


def _with_variables(values: Strings, version: str) -> Any:
    """Return the strings with IAM's `${` for Terraform's `&{`."""
    listed = [values] if isinstance(values, str) else values
    for value in listed:
        if version == "2008-10-17" and "&{" in value:
            raise _refuse("version", f"{value!r} has a variable, which version 2008-10-17 does not support")
    replaced = [value.replace("&{", "${") for value in listed]
    return replaced[0] if isinstance(values, str) else replaced


def _in_set_order(entries: list[Any], key: Callable[[Any], str]) -> list[Any]:
    """Return the distinct entries in the order of Terraform's set: by hash, compared as a string."""
    by_hash = {str(zlib.crc32(key(entry).encode())): entry for entry in entries}
    return [by_hash[code] for code in sorted(by_hash)]


def _principal_key(entry: Mapping[str, Any]) -> str:
    identifiers = _in_set_order(entry["identifiers"], lambda text: f"{text};")
    return f"identifiers:{{{''.join(f'{text};' for text in identifiers)}}};type:{entry['type']};"


def _condition_key(entry: Mapping[str, Any]) -> str:
    values = "".join(f"{value};" for value in entry["values"])
    return f"test:{entry['test']};values:({values});variable:{entry['variable']};"


def _parse(source: str, path: str) -> Values:
    """Return the document in a JSON text; members that Terraform does not know are dropped."""
    try:
        parsed = json.loads(source)
    except ValueError as error:
        raise _refuse(path, f"is invalid JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise _refuse(path, "is not an object")
    found = {name.lower(): value for name, value in cast("Values", parsed).items() if value is not None}
    statements = found.get("statement", [])
    if not isinstance(statements, list):
        raise _refuse(path, "`Statement` is not a list")
    return {
        "Version": found.get("version"),
        "Id": found.get("id"),
        "Statement": [_parsed_statement(entry, path) for entry in cast("list[Values]", statements)],
    }


def _parsed_statement(entry: Values, path: str) -> Statement:
    known = {name.lower(): name for name in _MEMBERS}
    found: Statement = {
        known[name.lower()]: value
        for name, value in entry.items()
        if name.lower() in known and value is not None
    }
    for member in ("Principal", "NotPrincipal"):
        if member in found:
            found[member] = _parsed_principals(found[member], path)
    if "Condition" in found:
        found["Condition"] = _parsed_conditions(found["Condition"])
    return found


def _parsed_principals(given: Any, path: str) -> list[tuple[str, Strings]]:
    if isinstance(given, str):
        return [("*", ["*"])]
    if not isinstance(given, dict):
        raise _refuse(path, f"{given!r} is not a principal")
    return [
        (kind, value if isinstance(value, str) else list(value))
        for kind, value in cast("dict[str, Strings]", given).items()
    ]


def _parsed_conditions(given: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, Strings]]:
    """Return the conditions; Terraform drops a value that is no string, Boolean or list."""
    return [
        (test, variable, str(values).lower() if isinstance(values, bool) else values)
        for test, variables in given.items()
        for variable, values in variables.items()
        if isinstance(values, str | bool | list)
    ]


def _written(statement: Statement) -> Values:
    """Return the statement as it is written: its members in order, without the empty ones."""
    writers: Mapping[str, Callable[[Any], Any]] = {
        "Principal": _written_principals,
        "NotPrincipal": _written_principals,
        "Condition": _written_conditions,
    }
    found = {name: statement[name] for name in _MEMBERS if statement.get(name)}
    return {name: writers[name](value) if name in writers else value for name, value in found.items()}


def _written_principals(principals: list[tuple[str, Strings]]) -> Any:
    if principals in ([("*", "*")], [("*", ["*"])]):
        return "*"
    by_type: dict[str, Strings] = {}
    for kind, identifiers in principals:
        if kind not in by_type:
            by_type[kind] = identifiers if isinstance(identifiers, str) else _descending(identifiers)
            continue
        by_type[kind] = _listed(by_type[kind]) + (
            [identifiers] if isinstance(identifiers, str) else _descending(identifiers)
        )
    return dict(sorted(by_type.items()))


def _written_conditions(conditions: list[tuple[str, str, Strings]]) -> Any:
    """Return the conditions by operator and variable; a single value is no list."""
    values: dict[str, dict[str, list[str]]] = {}
    for test, variable, given in conditions:
        values.setdefault(test, {}).setdefault(variable, []).extend(_listed(given))
    return {
        test: {
            variable: found[0] if len(found) == 1 else found for variable, found in sorted(variables.items())
        }
        for test, variables in sorted(values.items())
    }


def _descending(values: list[str]) -> list[str]:
    return sorted(values, reverse=True)


def _listed(values: Strings) -> list[str]:
    return [values] if isinstance(values, str) else values


def _go_json(value: Any, *, indent: int | None) -> str:
    separators = (",", ":") if indent is None else None
    return json.dumps(value, indent=indent, separators=separators, ensure_ascii=False).translate(_GO_ESCAPES)


def _call(cloud: Cloud, arguments: Values) -> Values:
    document, minified = render(arguments)
    return {"id": str(zlib.crc32(document.encode())), "json": document, "minifiedJson": minified}


FUNCTIONS = (Function(token=TOKEN, arguments=_ARGUMENTS, call=_call, regional=False),)
