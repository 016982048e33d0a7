"""Where a new listener goes: its slot, which keeps the capacity, and its shard, which has its row.

Both choices are random, so that joins at the same moment rarely write to the same item (docs/adr/0016).
"""

import math
from collections.abc import Sequence
from random import SystemRandom

from domain.model import Session

RANDOM = SystemRandom()
"""Keeps no state, so that instances from one snapshot of Lambda choose differently."""


def any_slot(session: Session) -> int:
    """Return a slot of the session, which may be taken."""
    return RANDOM.randrange(session.capacity)


def any_of(free_slots: Sequence[int]) -> int:
    """Return one of the slots, of which there is at least one."""
    return RANDOM.choice(free_slots)


def shard_for_row(session: Session) -> int:
    """Return the shard for a new row: the last one in use, or any one once all are in use."""
    if session.shards_in_use < session.shards:
        return session.shards_in_use - 1
    return RANDOM.randrange(session.shards)


def shards_needed(session: Session, listeners: int) -> int:
    """Return the number of shards in use for so many listeners: the rows of a shard fit one task."""
    return max(session.shards_in_use, min(session.shards, math.ceil(listeners / rows_in_shard(session))))


def has_more_listeners_than(session: Session, audience: int) -> bool:
    """Return whether the session has, or had, more listeners than `audience`.

    The audience counts in whole shards, rounded up. Shards in use stay so until the session ends.
    """
    return session.shards_in_use > math.ceil(audience / rows_in_shard(session))


def rows_in_shard(session: Session) -> int:
    """Return the number of listeners that a shard has if all are full."""
    return math.ceil(session.capacity / session.shards)
