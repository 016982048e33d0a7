"""Refuses requests that a foreign web page makes through a developer's browser.

A page of another site can send requests to 127.0.0.1, and the browser then adds the page's `Origin`. A page
that rebinds its own host name to 127.0.0.1 sends that name as `Host`. Tools send a loopback `Host` only.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

_LOOPBACK_HOSTS = {"127.0.0.1", "::1", "localhost"}


def refusal_reason(headers: Mapping[str, str]) -> str | None:
    """Return why the request is refused, or None if its Host is loopback and its Origin is the same host."""
    host = headers.get("Host", "")
    if not _is_loopback(host):
        return f"Host: {host!r}; must be a loopback address"
    origin = headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return f"Origin: {origin!r}; must be http://{host}"
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return "Sec-Fetch-Site: must be same-origin or none"
    return None


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name in _LOOPBACK_HOSTS
