"""Reads the listeners of a session, shard by shard."""

import math
from collections.abc import Set

from domain.model import Listener, Session
from domain.ports import Listeners, ParallelMap


def read_listeners(listeners: Listeners, session_id: str, shard: int) -> list[Listener]:
    """Return all listeners of a shard, read page by page. Raises UnavailableError."""
    found: list[Listener] = []
    cursor: str | None = None
    while True:
        page = listeners.page(session_id, shard, cursor=cursor)
        found += page.listeners
        cursor = page.cursor
        if cursor is None:
            return found


def read_until(
    listeners: Listeners,
    parallel_map: ParallelMap,
    session: Session,
    enough: int,
    channel_languages: Set[str] = frozenset(),
) -> dict[int, list[Listener]]:
    """Read the shards in use until they have `enough` listeners, or all if the capacity is no larger.

    Listeners on the channel of one of `channel_languages` need no push, and are not counted.

    The first round reads as many shards at once as would be enough if all were full. Each later round
    estimates the number from the shards read so far. A full session costs no surplus read, and one that has
    become small two rounds rather than one a shard. Raises UnavailableError.
    """
    read: dict[int, list[Listener]] = {}
    everyone = session.capacity <= enough
    expected_per_shard = session.capacity / session.shards
    missing = enough
    shards_in_use = session.shards_in_use
    while len(read) < shards_in_use and (everyone or missing > 0):
        is_unlimited = everyone or not expected_per_shard
        wanted = shards_in_use if is_unlimited else math.ceil(missing / expected_per_shard)
        shards = range(len(read), min(len(read) + wanted, shards_in_use))
        found = parallel_map(lambda shard: read_listeners(listeners, session.session_id, shard), shards)
        read.update(zip(shards, found, strict=True))
        total = sum(
            not (one.on_channel and one.target_language in channel_languages)
            for found in read.values()
            for one in found
        )
        expected_per_shard, missing = total / len(read), enough - total
    return read
