"""Counts the calls that a handler makes to DynamoDB, and makes chosen ones fail.

Works on requests as they are sent: what stands between a call and its answer is the client's real code.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.dynamodb import client as dynamodb
from adapters.http.response import NoResponseError, Response
from tests.support.aws_exchanges import SentRequest, error_response, intercepted


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

    def handle(self, sent: SentRequest, send: Callable[[], Response]) -> Response:
        """Count calls, not attempts. All attempts of a call meet its fault, and at most one is sent."""
        if sent.attempt == 1:
            self.names.append(sent.operation)
            if sent.operation == "TransactWriteItems" and self.conflicts:
                self.conflicts -= 1
                return _conflict()
        number = len(self.names) - 1
        in_table = f'"{self.table}"'.encode() in sent.body
        chosen = in_table if self.table else number == self.failing
        if not chosen:
            return send()
        self.met += 1
        match self.fault:
            case Fault.SILENT:
                raise NoResponseError("test")
            case Fault.LOST_ANSWER:
                if sent.attempt == 1:
                    send()
                raise NoResponseError("test")
            case Fault.IN_PROGRESS:
                response = send()
                return error_response(self.fault.value) if sent.attempt == 1 else response
            case _:
                status = 500 if self.fault is Fault.BROKEN else 400
                return error_response(self.fault.value, status=status)


def _conflict() -> Response:
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}]
    return error_response("TransactionCanceledException", CancellationReasons=reasons)


@contextmanager
def watched(
    *, failing: int | None = None, fault: Fault = Fault.BROKEN, table: str = "", conflicts: int = 0
) -> Generator[Calls]:
    """Watch the client's calls, and let one fail."""
    calls = Calls(failing, fault, table, conflicts)
    with intercepted(dynamodb.client(), by=calls.handle):
        yield calls
