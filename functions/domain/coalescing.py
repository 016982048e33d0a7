"""Coalescing: in a session with a large audience, the messages of one interval are sent together.

The first message of an interval starts a batch, and each later one joins it. The session has the batch, and
each append has it as a condition, so that no message joins a batch that was sent.
"""

from domain.model import Batch, Session
from domain.placement import has_more_listeners_than
from domain.settings import Settings


def coalesces(session: Session, settings: Settings) -> bool:
    """Return whether messages of this session wait for each other."""
    return settings.coalescing_interval > 0 and has_more_listeners_than(session, settings.coalescing_audience)


def next_batch(session: Session, settings: Settings, now: int) -> Batch | None:
    """Return the batch that the session's next message joins or starts, or None if it is sent at once."""
    if not coalesces(session, settings):
        return None
    return session.batch or Batch(first=session.head + 1, due_at=now + settings.coalescing_interval)
