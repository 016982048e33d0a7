"""Selects the route of a message.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
"""

from pulumi_local_aws.gateway.api.model import CONNECT, DEFAULT, DISCONNECT, Api, Route
from pulumi_local_aws.gateway.selection_expression import evaluate


def select_route(api: Api, message: str) -> Route | None:
    """Return the route that the route selection expression selects, else `$default`, else None.

    Invalid JSON and unknown route keys select `$default`. No message selects `$connect` or `$disconnect`.
    """
    key = evaluate(api.route_selection, message)
    if key is not None and key not in (CONNECT, DISCONNECT) and (route := api.routes.get(key)) is not None:
        return route
    return api.routes.get(DEFAULT)
