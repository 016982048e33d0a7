"""Token supply: the provider that an application gives, and what a token says about its expiry."""

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from typing import Any, cast

from websocket_sessions.client.errors import SessionError

TokenProvider = Callable[[bool], Awaitable[str | None]]
"""Returns the signed-in user's JWT, or None for an anonymous listener.

The argument is True if the previous token was refused or expires soon, so that a cached one must not be
returned. The client calls it at each connect. It raises SessionError with a final code (`UNAUTHORIZED`) if
only a new sign-in helps. An error of the network (OSError, TimeoutError) is retried.
"""


async def request_token(
    provider: TokenProvider | None, *, force_refresh: bool, timeout_seconds: float
) -> str | None:
    """Return the provider's token, or None without a provider.

    Raises SessionError: TOKEN_UNAVAILABLE (retryable) where the provider's network fails or it takes longer
    than `timeout_seconds`. Any other exception of the provider is a programming error and is passed on.
    """
    if provider is None:
        return None
    try:
        async with asyncio.timeout(timeout_seconds):
            return await provider(force_refresh)
    except SessionError:
        raise
    except OSError as error:  # TimeoutError and ConnectionError are OSErrors
        raise SessionError(
            "TOKEN_UNAVAILABLE", f"The token provider failed: {error!r}", retryable=True
        ) from error


def expires_at(token: str) -> float | None:
    """Return the token's `exp` claim in epoch seconds, or None if the token does not show one."""
    return _claim(token, "exp")


def lifetime(token: str) -> float | None:
    """Return the seconds from the token's `iat` to its `exp`, or None if the token does not show both.

    The issuer's clock made both, so that this holds whatever the local clock says.
    """
    issued, expires = _claim(token, "iat"), _claim(token, "exp")
    return None if issued is None or expires is None else max(0.0, expires - issued)


def _claim(token: str, name: str) -> float | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    value = cast(dict[str, Any], payload).get(name) if isinstance(payload, dict) else None
    return float(value) if isinstance(value, (int, float)) else None
