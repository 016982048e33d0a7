"""Listeners whose connections were found gone by a push."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.digest import short_digest
from domain.errors import UnavailableError
from domain.model import Attachment
from domain.ports import Listeners, Logger, Refused
from fan_out.deliver import Parcel

CLEARED_AT_ONCE = 10
"""Listeners cleared away after one round: after a mass drop, their `$disconnect`s do most of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearAway:
    """Removes a few listeners that are gone, and rows that have no connection any more.

    Stops at the first that fails: then others are at the same rows, or the table is away. The next message
    finds the connection again, or the keep-alive does.
    """

    departed: Callable[[str], Attachment | None]
    """Takes a connection that is gone out of everything (use_cases/disconnect.py)."""
    listeners: Listeners
    logger: Logger

    def __call__(self, gone: Sequence[Parcel]) -> None:
        """Never raises an error of the stores."""
        for one in gone[:CLEARED_AT_ONCE]:
            try:
                self._clear(one)
            except UnavailableError:
                self.logger.info("listener not cleared away", connection=short_digest(one.connection_id))
                return

    def _clear(self, one: Parcel) -> None:
        session_id, shard = one.shard
        attachment = self.departed(one.connection_id)
        if attachment is not None and (attachment.session_id, attachment.shard) == one.shard:
            return  # the row went with the connection
        try:
            self.listeners.drop(connection_id=one.connection_id, session_id=session_id, shard=shard)
        except Refused:
            return
