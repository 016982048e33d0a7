"""Counts the calls that a handler makes to DynamoDB, and makes chosen ones fail.

Works at botocore's own event hooks: what stands between a call and its answer is the client's real code.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

from botocore.exceptions import ClientError, ReadTimeoutError

from adapters.dynamodb import client as dynamodb


class Fault(StrEnum):
    """What can go wrong with a call."""

    THROTTLED = "ProvisionedThroughputExceededException"
    BROKEN = "InternalServerError"
    NO_TABLE = "ResourceNotFoundException"
    DENIED = "AccessDeniedException"
    SILENT = "no answer, and nothing done"
    LOST_ANSWER = "done, and no answer"
    IN_PROGRESS = "TransactionInProgressException"
    """Done, after it was answered that an earlier try of it is still under way."""


class _Answer:
    """As much of an HTTP answer as botocore looks at."""

    def __init__(self, status: int) -> None:
        self.status_code = status


@dataclass
class Calls:
    """The calls made while watched; the one at `failing` (counted from 0) meets the fault."""

    failing: int | None = None
    fault: Fault = Fault.BROKEN
    table: str = ""
    """Only calls that touch this table meet the fault, and all of them (`failing` is not looked at)."""
    conflicts: int = 0
    """How many transactions, from the first one on, meet another that is under way."""
    names: list[str] = field(default_factory=list[str])
    met: int = 0

    def before(self, model: Any, params: dict[str, Any], **_: object) -> object:
        number = len(self.names)
        self.names.append(model.name)
        body: bytes = params["body"]
        if model.name == "TransactWriteItems" and self.conflicts:
            self.conflicts -= 1
            return _Answer(400), _conflict()
        in_table = f'"{self.table}"'.encode() in body
        chosen = in_table if self.table else number == self.failing
        if not chosen:
            return None
        self.met += 1
        if self.fault is Fault.SILENT:
            raise ReadTimeoutError(endpoint_url="test")
        if self.fault in (Fault.LOST_ANSWER, Fault.IN_PROGRESS):
            return None
        status = 500 if self.fault is Fault.BROKEN else 400
        error = {"Error": {"Code": self.fault.value, "Message": "test"}, "ResponseMetadata": {}}
        return _Answer(status), error

    def after(self, **_: object) -> None:
        if len(self.names) - 1 != self.failing:
            return
        if self.fault is Fault.LOST_ANSWER:
            raise ReadTimeoutError(endpoint_url="test")
        if self.fault is Fault.IN_PROGRESS:
            raise ClientError({"Error": {"Code": self.fault.value, "Message": "test"}}, self.names[-1])


def _conflict() -> dict[str, Any]:
    return {
        "Error": {"Code": "TransactionCanceledException", "Message": "test"},
        "ResponseMetadata": {},
        "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}],
    }


@contextmanager
def watched(
    *, failing: int | None = None, fault: Fault = Fault.BROKEN, table: str = "", conflicts: int = 0
) -> Generator[Calls]:
    """Watch the client's calls, and let one fail."""
    calls = Calls(failing, fault, table, conflicts)
    hooks = cast(Any, dynamodb.client().meta.events)  # typed without an answer, which some hooks may give
    hooks.register("before-call.dynamodb", calls.before)
    hooks.register("after-call.dynamodb", calls.after)
    try:
        yield calls
    finally:
        hooks.unregister("before-call.dynamodb", calls.before)
        hooks.unregister("after-call.dynamodb", calls.after)
