"""Refuses requests that a foreign web page makes through a developer's browser.

A page of another site can send requests to 127.0.0.1, and the browser then adds the page's `Origin`. A page
that rebinds its own host name to 127.0.0.1 sends that name as `Host`. Tools send no `Origin`.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_LOOPBACK_HOSTS = {"127.0.0.1", "::1", "localhost"}
_DOMAINS = ("localhost", "amazonaws.com", "amazonaws.com.cn", "localstack.cloud", "docker.internal")
"""Names that no web page can rebind: they are this machine's, or AWS's, LocalStack's or Docker's."""


def host_refusal(host: str) -> str | None:
    """Return why a `Host` is refused, or None. A name without a dot is one of the local network."""
    name = _name(f"//{host}")
    is_known = bool(name) and (
        "." not in name or _is_address(name) or any(f".{name}".endswith(f".{one}") for one in _DOMAINS)
    )
    return None if is_known else f"Host: {host!r}; must be a local address or a name of AWS"


def page_refusal(headers: Mapping[str, str]) -> str | None:
    """Return why an HTTP request is refused, or None if no page of another machine can have sent it."""
    if reason := host_refusal(headers.get("Host", "")):
        return reason
    origin = headers.get("Origin")
    if origin is not None and _name(origin) not in _LOOPBACK_HOSTS:
        return f"Origin: {origin!r}; must be a loopback address"
    if origin is None and headers.get("Sec-Fetch-Site") == "cross-site":
        return "Sec-Fetch-Site: cross-site; must come from a loopback address"
    return None


def admin_refusal(headers: Mapping[str, str]) -> str | None:
    """Return why the admin interface refuses a request, or None for the gateway's own page and for tools."""
    host = headers.get("Host", "")
    if _name(f"//{host}") not in _LOOPBACK_HOSTS:
        return f"Host: {host!r}; must be a loopback address"
    origin = headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return f"Origin: {origin!r}; must be http://{host}"
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return "Sec-Fetch-Site: must be same-origin or none"
    return None


def _name(url: str) -> str:
    """Return the host of a URL without its port, or an empty string."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
