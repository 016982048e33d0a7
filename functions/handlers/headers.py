"""Reads the headers and the query of a WebSocket handshake."""

from typing import Any

from wire.schema_generated import SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX


def header(event: dict[str, Any], name: str) -> str | None:
    """Return a header's value, or None without the header. Its name may have any case."""
    many: dict[str, list[str]] = event.get("multiValueHeaders") or {}
    for key, values in many.items():
        if key.lower() == name:
            return ", ".join(values)
    one: dict[str, str] = event.get("headers") or {}
    return next((value for key, value in one.items() if key.lower() == name), None)


def offered_subprotocols(event: dict[str, Any]) -> list[str]:
    """Return the values of Sec-WebSocket-Protocol, in the client's order."""
    offered = (header(event, "sec-websocket-protocol") or "").split(",")
    return [name for name in map(str.strip, offered) if name]


def chosen_subprotocol(event: dict[str, Any]) -> dict[str, str]:
    """Return the header that accepts our subprotocol, if the client offered it. It never repeats a token."""
    if SUBPROTOCOL not in offered_subprotocols(event):
        return {}
    return {"Sec-WebSocket-Protocol": SUBPROTOCOL}


def token_of(event: dict[str, Any]) -> str | None:
    """Return the token from a subprotocol, the Authorization header or the query, or None without one.

    An empty or malformed token is returned as it is, and is rejected later.
    """
    for name in offered_subprotocols(event):
        if name.startswith(TOKEN_SUBPROTOCOL_PREFIX):
            return name.removeprefix(TOKEN_SUBPROTOCOL_PREFIX)
    authorization = header(event, "authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""
    query: dict[str, str] = event.get("queryStringParameters") or {}
    return query.get("token")
