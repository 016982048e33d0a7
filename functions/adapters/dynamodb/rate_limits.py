"""Rate limits in DynamoDB.

A limit within a transaction is a condition. Others are counted without one, since requests beyond a limit
count as well. They fail open: if the table is missing or does not answer, requests pass and a metric is
emitted. A throttled key is over its limit, since DynamoDB serves far more writes of one key than any limit
allows.
"""

import time
from collections.abc import Callable
from typing import Any

from adapters.aws.errors import ServiceError
from adapters.dynamodb.client import DynamoDBUnavailableError, TransactionConflictError, table, write
from adapters.dynamodb.writes import Values, Write, to_item, update
from domain.model import Limit
from domain.ports import Condition, Logger, Metrics

SUSPENSION_SECONDS = 30.0
"""How long an instance does not use the table after a failure: a slow table would slow down every request."""

KEPT_AFTER_WINDOW_SECONDS = 3600

THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "ThrottlingError",
        "ThrottlingException",
    }
)
"""Codes of a response to a single write, and of a reason for which a transaction is cancelled."""


def count_use(limit: Limit) -> Write:
    """Return the write that counts one use within the limit."""
    return update(
        Condition.LIMIT,
        limit_table(),
        limit_key(limit),
        "SET #ttl = :ttl ADD used :one",
        condition="attribute_not_exists(used) OR used < :allowed",
        values={"one": 1, "allowed": limit.allowed, "ttl": limit.window_ends_at + KEPT_AFTER_WINDOW_SECONDS},
    )


def limit_key(limit: Limit) -> Values:
    return to_item({"limitKey": limit.key})


def limit_table() -> str:
    return table("LIMITS_TABLE")


def _add_uses(limit: Limit) -> Write:
    """Return the write that counts uses within the limit and beyond it."""
    return update(
        Condition.LIMIT,
        limit_table(),
        limit_key(limit),
        "SET #ttl = :ttl ADD used :uses",
        condition="",
        values={"uses": limit.uses, "ttl": limit.window_ends_at + KEPT_AFTER_WINDOW_SECONDS},
    )


class DynamoDBRateLimits:
    """The port RateLimits, and the state that the stores consult for limits within their transactions."""

    def __init__(self, logger: Logger, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._metrics = metrics
        self._clock = clock
        self._resume_at = 0.0

    def count(self, limit: Limit) -> int:
        """As in the port."""
        if self.are_suspended:
            return 0
        try:
            return int(write(_add_uses(limit))["used"])
        except (DynamoDBUnavailableError, KeyError) as error:
            if is_contended(error):
                self._metrics.count("RateLimitThrottled")
                return limit.allowed + 1
            self.suspend(limit)
        return 0

    @property
    def are_suspended(self) -> bool:
        """Whether limits are not applied because the table failed a moment ago."""
        return self._clock() < self._resume_at

    def suspend(self, limit: Limit) -> None:
        """Stop applying limits for SUSPENSION_SECONDS, and report it."""
        self._resume_at = self._clock() + SUSPENSION_SECONDS
        self._metrics.count("RateLimitDegraded")
        self._logger.warning("rate limit not applied", limit=limit.kind)


def is_contended(error: Exception) -> bool:
    """Return whether a write failed because too many writes of its items came at once."""
    cause = error.__cause__
    if isinstance(error, TransactionConflictError):
        return True
    if not isinstance(cause, ServiceError):
        return False
    reasons: list[dict[str, Any]] = cause.document.get("CancellationReasons") or []
    return bool(THROTTLED & {cause.code, *(str(reason.get("Code")) for reason in reasons)})
