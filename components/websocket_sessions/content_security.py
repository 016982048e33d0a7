"""The content security policies of the pages: nothing but their own files, and the stack's endpoints."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from pulumi import Input, Output

_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "media-src": "'self' blob:",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


SITE_POLICY = "; ".join(f"{kind} {sources}" for kind, sources in {**_SOURCES, "connect-src": "*"}.items())
"""The policy of the site's header. Each page restricts its connections further: `restrict_connections`.

The header cannot name the endpoints: the APIs name the site's origin, and one of the two has to exist first.
"""

_BEFORE_META = re.compile(r"\s*(<!doctype[^>]*>)?\s*(<html\b[^>]*>)?\s*(<head\b[^>]*>)?", re.IGNORECASE)


def restrict_connections(page: str, endpoints: Input[Sequence[Input[str]]]) -> Output[str]:
    """Return an HTML page that may connect to its own origin and the endpoints' only."""

    def restricted(urls: Sequence[str]) -> str:
        allowed = " ".join(["'self'", *sorted({_origin(url) for url in urls})])
        meta = f'<meta http-equiv="Content-Security-Policy" content="connect-src {allowed}" />'
        start = _BEFORE_META.match(page)
        at = start.end() if start else 0
        return page[:at] + meta + page[at:]

    return Output.from_input(endpoints).apply(lambda given: Output.all(*given)).apply(restricted)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
