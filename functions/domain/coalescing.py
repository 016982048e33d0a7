"""Coalescing: in a session with a large audience, the messages of one interval are sent together.

The first message of an interval starts a batch, and each later one joins it. The session has the batch, and
each append has it as a condition, so that no message joins a batch that was sent.
"""

import math

from domain.model import Batch, Session
from domain.placement import rows_in_shard
from domain.settings import Settings


def coalesces(session: Session, settings: Settings) -> bool:
    """Return whether messages of this session wait for each other.

    The audience counts in whole shards, rounded up. Shards in use stay so until the session ends.
    """
    large = math.ceil(settings.coalescing_audience / rows_in_shard(session))
    return settings.coalescing_interval > 0 and session.shards_in_use > large


def next_batch(session: Session, settings: Settings, now: int) -> Batch | None:
    """Return the batch that the session's next message joins or starts, or None if it is sent at once."""
    if not coalesces(session, settings):
        return None
    return session.batch or Batch(first=session.head + 1, due_at=now + settings.coalescing_interval)
