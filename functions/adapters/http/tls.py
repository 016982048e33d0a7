"""The TLS context of this process: its root certificates take 20 ms to load, so that all clients share it."""

import os
import ssl
from functools import cache


@cache
def tls_context() -> ssl.SSLContext:
    """Return a context that verifies the server. AWS_CA_BUNDLE replaces the system's roots."""
    return ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
