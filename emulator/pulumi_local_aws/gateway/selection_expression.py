"""Selection expressions: route keys, mapping templates and integration responses are selected by them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
"""

import re
from collections.abc import Mapping

from pulumi_local_aws.gateway.json_access import look_up, parse

_PART = re.compile(r"(\\\$)|\$\{([^}]+)\}|\$([A-Za-z_][A-Za-z0-9_.\[\]-]*)")
_BODY = "request.body."
_RESERVED_KEY = "default"


class SelectionError(ValueError):
    """The expression has an unsupported variable; the message names it."""


def evaluate(expression: str, message: str, variables: Mapping[str, object] | None = None) -> str | None:
    """Return the expression's value for a message, or None if a referenced value is missing.

    An expression is static text with variables, `$request.body.a.b` or `${request.body.a}`. `variables` has
    the other roots: `context`, `stageVariables`, `integration`. `\\$` is a dollar sign, and `$default` is the
    reserved key. Raises SelectionError.
    """
    is_missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal is_missing
        escaped, braced, plain = match.groups()
        if escaped:
            return "$"
        if plain == _RESERVED_KEY:
            return "$default"
        found = _find(braced or plain, message, variables or {})
        if isinstance(found, bool):
            return str(found).lower()
        if isinstance(found, str | int | float):
            return str(found)
        is_missing = True
        return ""

    key = _PART.sub(value, expression)
    return None if is_missing else key


def _find(variable: str, message: str, variables: Mapping[str, object]) -> object:
    if variable.startswith(_BODY):
        try:
            return look_up(parse(message), variable.removeprefix(_BODY))
        except ValueError:
            return None
    root, _, path = variable.partition(".")
    if root not in variables or not path:
        raise SelectionError(f"selection expression: ${variable} is unsupported")
    return look_up(variables[root], path)
