"""The Content-Security-Policy of the pages: nothing but their own files, and the stack's endpoints."""

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


def content_security_policy(endpoints: Input[Sequence[Input[str]]]) -> Output[str]:
    """Return the policy by which pages may connect to their own origin and the endpoints' only."""
    return Output.from_input(endpoints).apply(lambda given: Output.all(*given)).apply(_policy)


def _policy(endpoints: Sequence[str]) -> str:
    allowed = " ".join(["'self'", *sorted({_origin(url) for url in endpoints})])
    return "; ".join(f"{kind} {sources}" for kind, sources in {**_SOURCES, "connect-src": allowed}.items())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
