"""Digests that stand for what must not be written down: ids in log lines, addresses in tables."""

import hashlib


def short_digest(value: str) -> str:
    """The first 12 hex digits of SHA-256: enough to follow one id through the log."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def request_key(*parts: str) -> str:
    """Key of a request record. The parts are length-prefixed, so that no two lists of parts share a key."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()
