"""Digests in place of values that must not be stored: ids in log lines, addresses in tables."""

import hashlib


def short_digest(value: str) -> str:
    """Return the first 12 hex digits of SHA-256, enough to follow an id through the log."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def request_key(*parts: str) -> str:
    """Return the key of a request record. Parts are length-prefixed, so that no two lists share a key."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()
