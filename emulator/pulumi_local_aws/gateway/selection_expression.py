"""Selection expressions: route keys, mapping templates and integration responses are chosen by them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
"""

import re

from pulumi_local_aws.gateway.json_access import look_up, parse

_BODY_REFERENCE = re.compile(r"\$\{request\.body\.([^}]+)\}|\$request\.body\.([A-Za-z0-9_.\[\]-]+)")


def evaluate(expression: str, message: str) -> str | None:
    """Return the expression's value for a message, or None if the message lacks a referenced value.

    An expression is static text with references: `$request.body.a.b` or `${request.body.a}`.
    """
    if _BODY_REFERENCE.search(expression) is None:
        return expression
    try:
        body = parse(message)
    except ValueError:
        return None
    is_missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal is_missing
        found = look_up(body, match.group(1) or match.group(2))
        if isinstance(found, bool):
            return str(found).lower()
        if isinstance(found, str | int | float):
            return str(found)
        is_missing = True
        return ""

    key = _BODY_REFERENCE.sub(value, expression)
    return None if is_missing else key
