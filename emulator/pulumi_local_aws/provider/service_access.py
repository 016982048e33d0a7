"""Decides whether a resource's policy lets a service of AWS act for another resource.

Sources: AWS Identity and Access Management User Guide, "AWS JSON policy elements: Principal", and "The
confused deputy problem" for the conditions on the source.
"""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, cast

_OPERATORS = {"arnlike", "arnequals", "stringlike", "stringequals"}


def allows(policy: str, service: str, source: Mapping[str, str]) -> bool:
    """Return whether a statement allows the service for a source: its `aws:sourcearn`, `aws:sourceaccount`.

    Any other condition counts as unmet.
    """
    statements = json.loads(policy or "{}").get("Statement", [])
    return any(
        one.get("Effect") == "Allow"
        and _names(one.get("Principal"), service)
        and all(
            operator.lower() in _OPERATORS
            and any(fnmatchcase(source.get(key.lower(), ""), pattern) for pattern in _listed(patterns))
            for operator, tests in one.get("Condition", {}).items()
            for key, patterns in tests.items()
        )
        for one in _listed(statements)
    )


def _names(principal: Any, service: str) -> bool:
    if not isinstance(principal, dict):
        return principal == "*"
    known = cast("dict[str, Any]", principal)
    return service in _listed(known.get("Service")) or "*" in _listed(known.get("AWS"))


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]
