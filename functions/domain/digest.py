"""Digests in place of values that must not be stored: ids in logs, addresses and request ids in tables."""

import hmac


class _Key:
    """The key of this process: the stack's, once the container has set it."""

    value = b""


def use_key(key: str) -> None:
    """Use this key for all further digests.

    Without one, a reader of a digest finds its id by trying all ids.
    """
    _Key.value = key.encode()


def short_digest(value: str) -> str:
    """Return the first 12 hex digits of HMAC-SHA-256, enough to follow an id through the log."""
    return _digest(value)[:12]


def derived_key(purpose: str) -> bytes:
    """Return a key of 32 bytes for this purpose alone. Raises ValueError if the process has no key.

    It is a part of an HMAC-SHA-512, so that no digest of this module is a part of it.
    """
    if not _Key.value:
        raise ValueError("DIGEST_KEY is not set; keys are derived from it")
    return hmac.digest(_Key.value, purpose.encode(), "sha512")[:32]


def request_key(*parts: str) -> str:
    """Return the key of a request record. Parts are length-prefixed, so that no two lists share a key."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return _digest(joined)


def _digest(value: str) -> str:
    return hmac.digest(_Key.value, value.encode(), "sha256").hex()
