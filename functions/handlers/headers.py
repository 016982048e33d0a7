"""Reading the headers and the query of a WebSocket handshake."""

from typing import Any

from wire.schema_generated import SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX


def header(event: dict[str, Any], name: str) -> str:
    """A header's value, whatever case the client or the gateway wrote its name in; "" without it."""
    many: dict[str, list[str]] = event.get("multiValueHeaders") or {}
    for key, values in many.items():
        if key.lower() == name:
            return ", ".join(values)
    one: dict[str, str] = event.get("headers") or {}
    return next((value for key, value in one.items() if key.lower() == name), "")


def offered_subprotocols(event: dict[str, Any]) -> list[str]:
    """What the client put into Sec-WebSocket-Protocol, in its order."""
    offered = header(event, "sec-websocket-protocol").split(",")
    return [name for name in map(str.strip, offered) if name]


def chosen_subprotocol(event: dict[str, Any]) -> dict[str, str]:
    """The response header that picks ours, if it was offered; a token that came as one is never repeated."""
    if SUBPROTOCOL not in offered_subprotocols(event):
        return {}
    return {"Sec-WebSocket-Protocol": SUBPROTOCOL}


def token_of(event: dict[str, Any]) -> str | None:
    """The token, as a subprotocol, as a bearer token or in the query; none if there is no trace of one.

    An empty or malformed one is a token that is there: it comes back as it is, and will be refused.
    """
    for name in offered_subprotocols(event):
        if name.startswith(TOKEN_SUBPROTOCOL_PREFIX):
            return name.removeprefix(TOKEN_SUBPROTOCOL_PREFIX)
    authorization = header(event, "authorization")
    if authorization:
        scheme, _, token = authorization.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""
    query: dict[str, str] = event.get("queryStringParameters") or {}
    return query.get("token")
