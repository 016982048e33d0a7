"""Which route a message takes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
"""

import re

from pulumi_local_aws.gateway.api.model import CONNECT, DEFAULT, DISCONNECT, Api, Route
from pulumi_local_aws.gateway.json_access import as_list, as_object, parse

_BODY_REFERENCE = re.compile(r"\$\{request\.body\.([^}]+)\}|\$request\.body\.([A-Za-z0-9_.\[\]-]+)")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def select_route(api: Api, message: str) -> Route | None:
    """The message's route: by the route selection expression, else `$default`, else none.

    Messages that are not JSON go to `$default`; so do those whose value matches no route key. A client cannot
    call `$connect` or `$disconnect` by naming it.
    """
    key = evaluate(api.route_selection, message)
    if key is not None and key not in (CONNECT, DISCONNECT) and (route := api.routes.get(key)) is not None:
        return route
    return api.routes.get(DEFAULT)


def evaluate(expression: str, message: str) -> str | None:
    """The expression's value for a message: `$request.body.a.b`, `${request.body.a}`, or text with these.

    None where the message is no JSON or lacks what the expression names.
    """
    if _BODY_REFERENCE.search(expression) is None:
        return expression
    try:
        body = parse(message)
    except ValueError:
        return None
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        found = look_up(body, match.group(1) or match.group(2))
        if isinstance(found, bool):
            return str(found).lower()
        if isinstance(found, str | int | float):
            return str(found)
        missing = True
        return ""

    key = _BODY_REFERENCE.sub(value, expression)
    return None if missing else key


def look_up(body: object, path: str) -> object:
    """The value at a path such as `message.items[0].kind`; None where there is none."""
    for name, index in _STEP.findall(path):
        if index:
            entries = as_list(body)
            body = entries[int(index)] if int(index) < len(entries) else None
        else:
            body = as_object(body).get(name)
    return body
