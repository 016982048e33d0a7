"""Ids in AWS's format, e.g. `L0SM9cOFvHcCIhw=`: 11 random bytes in URL-safe base64."""

import base64
import hashlib
import re
import secrets

_FORMAT = re.compile(r"[A-Za-z0-9_-]{15}=")


def new_id() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()


def new_trace_id(epoch_seconds: int) -> str:
    """Return an X-Ray trace id in the format of the header `X-Amzn-Trace-Id`."""
    return f"Root=1-{epoch_seconds:08x}-{secrets.token_hex(12)}"


def is_id(value: str) -> bool:
    return _FORMAT.fullmatch(value) is not None


def log_id(value: str) -> str:
    """Return a digest of a connection id for log lines; the management API does not accept it."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]
