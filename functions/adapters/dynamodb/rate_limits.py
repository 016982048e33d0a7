"""The limits table. Rate limits degrade open: a table that cannot tell stops nobody, and is reported."""

import time
from collections.abc import Callable, Sequence

from adapters.dynamodb.client import ConflictingError, NotCarriedOutError, table, transact, write
from adapters.dynamodb.values import to_item
from adapters.dynamodb.writes import Write, update
from domain.model import Limit
from domain.ports import Logger, Metrics, Part, Refused

PAUSE = 30.0
"""Seconds for which a function's instance leaves the table alone after it could not tell: a slow table would
otherwise slow down every request."""


def count_use(limit: Limit) -> Write:
    """One use more in the window, if it is within the limit. An hour after its window the item is gone."""
    return update(
        Part.LIMIT,
        table("LIMITS_TABLE"),
        to_item({"limitKey": limit.key}),
        "SET #ttl = :ttl ADD used :one",
        condition="attribute_not_exists(used) OR used < :allowed",
        values={"one": 1, "allowed": limit.allowed, "ttl": limit.resets_at + 3600},
    )


class DynamoRateLimits:
    """Implements domain.ports.RateLimits, and carries limits inside the transactions of other adapters."""

    def __init__(self, logger: Logger, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._metrics = metrics
        self._clock = clock
        self._resume_at = 0.0

    def take(self, limit: Limit) -> bool:
        """As in the port."""
        if self._pausing:
            return True
        try:
            write(count_use(limit))
        except Refused:
            return False
        except (NotCarriedOutError, KeyError):
            self._degrade(limit)
        return True

    def transact(self, writes: Sequence[Write], limit: Limit | None) -> None:
        """Carry out a transaction with the limit in it; without, where the limit is what fails it.

        A limit that many count at once is counted by itself then: single updates queue where transactions
        conflict, and a flood must not be what switches its own limit off.
        """
        if limit is None or self._pausing:
            transact(writes)
            return
        try:
            transact([*writes, count_use(limit)])
        except (NotCarriedOutError, KeyError) as error:
            if isinstance(error, NotCarriedOutError) and error.parts - {Part.LIMIT}:
                raise
            contended = isinstance(error, ConflictingError) and Part.LIMIT in error.parts
            if contended and not self.take(limit):
                raise Refused(parts=frozenset({Part.LIMIT})) from error
            transact(writes)
            if not contended:
                self._degrade(limit)

    @property
    def _pausing(self) -> bool:
        return self._clock() < self._resume_at

    def _degrade(self, limit: Limit) -> None:
        self._resume_at = self._clock() + PAUSE
        self._metrics.count("RateLimitDegraded")
        self._logger.warning("rate limit not applied", limit=limit.kind)
