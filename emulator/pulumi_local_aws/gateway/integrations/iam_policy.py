"""Evaluates the IAM policy that an authorizer returns, for one `execute-api:Invoke`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Mapping
from typing import Literal

from pulumi_local_aws.gateway.json_access import as_list, as_object, is_list

Decision = Literal["Allow", "Deny", "NoMatch"]
_ACTION = "execute-api:Invoke"


class PolicyError(Exception):
    """The policy is invalid or has an unsupported element; the message names it."""


def evaluate_policy(document: Mapping[str, object], resource: str) -> Decision:
    """Return Deny if a statement denies, else Allow if one allows, else NoMatch. Raises PolicyError."""
    statements = document.get("Statement")
    entries = as_list(statements) if is_list(statements) else [statements]
    decision: Decision = "NoMatch"
    for entry in entries:
        statement = as_object(entry)
        effect = statement.get("Effect")
        if effect not in ("Allow", "Deny"):
            raise PolicyError(f"Effect: {effect!r}; must be Allow or Deny")
        if not _applies(statement, resource):
            continue
        if effect == "Deny":
            return "Deny"
        decision = "Allow"
    return decision


def _applies(statement: Mapping[str, object], resource: str) -> bool:
    for unsupported in ("Condition", "NotAction", "NotResource"):
        if statement.get(unsupported):
            raise PolicyError(f"{unsupported} is unsupported by the local gateway")
    actions, resources = _strings(statement, "Action"), _strings(statement, "Resource")
    return any(matches(action, _ACTION, re.IGNORECASE) for action in actions) and any(
        matches(pattern, resource) for pattern in resources
    )


def _strings(statement: Mapping[str, object], name: str) -> list[str]:
    value = statement.get(name)
    found = [value] if isinstance(value, str) else as_list(value)
    texts = [entry for entry in found if isinstance(entry, str)]
    if not texts or len(texts) != len(found):
        raise PolicyError(f"{name}: must be a string or a list of strings")
    return texts


def matches(pattern: str, value: str, flags: int = 0) -> bool:
    """Return whether the value matches the pattern; `*` stands for any characters, `?` for one."""
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, value, flags | re.DOTALL) is not None
