"""Who listens: reading the shards of a session, several at a time where that saves waiting."""

import math
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from domain.model import Listener, Session
from domain.ports import Listeners

Thing = TypeVar("Thing")
Found = TypeVar("Found")


class Together(Protocol):
    """Does the same to several things, at once or not; the results stand as the things do."""

    def __call__(self, act: Callable[[Thing], Found], things: Iterable[Thing], /) -> Iterable[Found]:
        """Raise what `act` raises."""
        ...


def one_by_one(act: Callable[[Thing], Found], things: Iterable[Thing], /) -> Iterable[Found]:
    """Nothing at once."""
    return [act(thing) for thing in things]


def listeners_of(listeners: Listeners, session_id: str, shard: int) -> list[Listener]:
    """All listeners of a shard, page by page. Raises UnavailableError."""
    found: list[Listener] = []
    cursor: str | None = None
    while True:
        page = listeners.page(session_id, shard, cursor=cursor)
        found += page.listeners
        cursor = page.cursor
        if cursor is None:
            return found


def within_reach(
    listeners: Listeners, together: Together, session: Session, enough: int
) -> dict[int, list[Listener]]:
    """Read a session's shards in turn until they have `enough` listeners; all, where it can have no more.

    At first as many shards at once as would do if all were full, then as many as should do by those that
    were read: a large audience costs no read too many, a small one two waits and not one a shard. Raises
    UnavailableError.
    """
    read: dict[int, list[Listener]] = {}
    everyone = session.capacity <= enough
    in_shard = session.capacity / session.shards
    missing = enough
    while len(read) < session.shards and (everyone or missing > 0):
        wanted = session.shards if everyone or not in_shard else math.ceil(missing / in_shard)
        shards = range(len(read), min(len(read) + wanted, session.shards))
        found = together(lambda shard: listeners_of(listeners, session.session_id, shard), shards)
        read.update(zip(shards, found, strict=True))
        total = sum(map(len, read.values()))
        in_shard, missing = total / len(read), enough - total
    return read
