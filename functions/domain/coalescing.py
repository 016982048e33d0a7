"""Coalescing: in a session with a large audience, the messages of one interval are sent together.

The first message of an interval starts a batch, and each later one joins it. A batch is closed by its flush
at the end of the interval, or by the first message that does not fit in. The session has the batch, and each
append has it as a condition, so that no message joins a batch that is closed. Messages of a closed batch stay
recorded in the session until all of their tasks are queued.
"""

from dataclasses import replace

from domain.delivery import MAX_PUSH_BYTES
from domain.model import Batch, OffsetRange, Session
from domain.placement import has_more_listeners_than
from domain.settings import Settings

MAX_MESSAGES = 100
"""Messages of a batch, which one BatchGetItem reads (adapters/dynamodb/client.py)."""

MAX_BYTES = MAX_PUSH_BYTES - 256
"""Bytes of a batch's messages. With the fields of the batch itself they fill one push: API Gateway meters
each push of up to 32 KB as one message, so that a longer wait would save nothing."""

MAX_WAITING_MESSAGES = 6 * MAX_MESSAGES
"""Waiting messages that are sent, the last ones: as many as a speaker publishes in ABANDONED_SECONDS at the
default rate limit. Listeners recover earlier ones from the log."""

ABANDONED_SECONDS = 60
"""Time after a batch was due from which it is abandoned: the setting was off meanwhile, or the flush failed.
A listener asks for missed messages after a minute of silence."""


def coalesces(session: Session, settings: Settings) -> bool:
    """Return whether messages of this session wait for each other."""
    return settings.coalescing_interval > 0 and has_more_listeners_than(session, settings.coalescing_audience)


def waiting_at(session: Session, now: int) -> OffsetRange | None:
    """Return the messages that may not be sent yet at `now`, or None.

    If a batch is abandoned, so are those that were closed before it started.
    """
    batch = session.batch
    return None if batch is not None and _is_abandoned(batch, now) else session.waiting


def _is_abandoned(batch: Batch, now: int) -> bool:
    return batch.due_at + ABANDONED_SECONDS < now


def with_next_message(session: Session, size: int, settings: Settings, now: int) -> Session:
    """Return the session with the batch that its next message of `size` bytes joins or starts.

    `batch` is None if the message is sent at once. `closed` has the messages of the batch that this message
    closes, or is None. A message that is sent at once closes everything that waits since the session
    coalesced: an empty range if that is abandoned.
    """
    first = session.head + 1
    if not coalesces(session, settings):
        nothing = OffsetRange(first=first, last=session.head) if session.waiting else None
        return replace(session, batch=None, closed=waiting_at(session, now) or nothing)
    started = Batch(first=first, due_at=now + settings.coalescing_interval, size=size)
    batch = session.batch
    if batch is None or _is_abandoned(batch, now):
        return replace(session, batch=started, closed=None)
    if batch.size + size > MAX_BYTES or first - batch.first >= MAX_MESSAGES:
        closed = OffsetRange(first=batch.first, last=session.head)
        return replace(session, batch=started, closed=closed)
    return replace(session, batch=replace(batch, size=batch.size + size), closed=None)
