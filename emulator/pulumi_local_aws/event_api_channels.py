"""Reads the names of an Event API's channels, and matches them with those of subscriptions.

It runs in MiniStack's own virtual environment, so it imports the standard library only.

Source: AWS AppSync Events Developer Guide, "Understanding channel namespaces".
"""

import re

MAX_SEGMENTS = 5
WILDCARD = "*"
_SEGMENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?")


def segments(channel: object, *, wildcard: bool = False) -> tuple[str, ...] | None:
    """Return the segments of a channel's name, or None if the name is invalid.

    The slashes at both ends are optional. With `wildcard` the last of two or more segments may be `*`.
    """
    if not isinstance(channel, str):
        return None
    parts = tuple(channel.removeprefix("/").removesuffix("/").split("/"))
    if len(parts) > MAX_SEGMENTS:
        return None
    named = parts[:-1] if wildcard and len(parts) > 1 and parts[-1] == WILDCARD else parts
    return parts if all(map(_SEGMENT.fullmatch, named)) else None


def matches(pattern: tuple[str, ...], channel: tuple[str, ...]) -> bool:
    """Return whether a subscription's segments match a channel's; a wildcard matches all deeper channels."""
    if pattern[-1] == WILDCARD:
        prefix = pattern[:-1]
        return len(channel) > len(prefix) and channel[: len(prefix)] == prefix
    return pattern == channel
