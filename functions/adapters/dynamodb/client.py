"""The DynamoDB client, and the one place where its errors become the domain's."""

import os
import random
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from adapters.dynamodb.values import from_item
from adapters.dynamodb.writes import Write
from domain.errors import UnavailableError
from domain.ports import Part, Refused, RetryBudget

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

Answer = TypeVar("Answer")

CONFIG = Config(
    connect_timeout=1,
    read_timeout=1.5,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
)
"""Seconds. A call without an answer is given up after two attempts and a short pause, 5 s at the very most;
with one more that leaves a slow limit out, that fits in a function's ten seconds."""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.4
"""Seconds between tries of a transaction that meets another, drawn from 0 to twice as much each time."""

MAX_ATTEMPTS = {RetryBudget.QUICK: 2, RetryBudget.USUAL: 10, RetryBudget.PATIENT: 25}
"""Attempts by retry budget. Their waits add up to 0.02, 2.2 and 8.2 s at most."""

CONDITION_FAILED = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})
CONFLICTING = frozenset(
    {"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"}
)
UNTOUCHED = frozenset({"None", "", None})


@cache
def client() -> "DynamoDBClient":
    """The client, made once in a process; AWS_ENDPOINT_URL points it elsewhere than AWS."""
    any_service = cast(Any, boto3)  # its overloads name services whose types are not installed
    return any_service.client("dynamodb", config=CONFIG)


def table(variable: str) -> str:
    """A table's name; raises KeyError in a function that was not given this table."""
    return os.environ[variable]


class NotCarriedOutError(UnavailableError):
    """DynamoDB did not carry a call out, or did not say so in time; `parts` are those at fault, if told."""

    def __init__(self, parts: frozenset[Part] = frozenset()) -> None:
        super().__init__()
        self.parts = parts


class ConflictingError(NotCarriedOutError):
    """Another transaction held one of the items; the same call may succeed in a moment."""


def call(
    operation: Callable[[], Answer],
    writes: Sequence[Write] = (),
    *,
    tries: int = MAX_ATTEMPTS[RetryBudget.USUAL],
) -> Answer:
    """Carry out one call; raises Refused where a condition of `writes` does not hold, or NotCarriedOutError.

    Conflicts with transactions under way are tried again, with jitter, and not for ever.
    """
    for attempt in range(tries):
        try:
            return operation()
        except ClientError as error:
            outcome = _outcome(cast(dict[str, Any], error.response), writes)
            if not isinstance(outcome, ConflictingError) or attempt == tries - 1:
                raise outcome from error
        except BotoCoreError as error:
            raise NotCarriedOutError from error
        time.sleep(random.uniform(0, min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)))  # noqa: S311 -- jitter
    raise AssertionError("the last try returns or raises")


def write(one: Write) -> dict[str, Any]:
    """Carry out one write; the item's attributes after it if it is an update."""
    operation = cast(Callable[..., dict[str, Any]], getattr(client(), f"{one.kind.lower()}_item"))
    wanted = {"ReturnValues": "ALL_NEW"} if one.kind == "Update" else {}
    answer = call(lambda: operation(**one.arguments, **wanted), [one])
    return from_item(answer.get("Attributes", {}))


def transact(writes: Sequence[Write], *, tries: int = MAX_ATTEMPTS[RetryBudget.USUAL]) -> None:
    """Carry out all the writes or none of them.

    Every try has the same token: one that is told that an earlier one is still under way gets that one's
    outcome in the end, rather than be refused by what it has written.
    """
    items = cast("list[TransactWriteItemTypeDef]", [{one.kind: one.arguments} for one in writes])
    token = uuid4().hex
    call(
        lambda: client().transact_write_items(TransactItems=items, ClientRequestToken=token),
        writes,
        tries=tries,
    )


def _outcome(response: dict[str, Any], writes: Sequence[Write]) -> Exception:
    """What an error means for the writes: a transaction's reasons stand as its writes do."""
    code = response.get("Error", {}).get("Code", "")
    reasons: list[dict[str, Any]] = response.get("CancellationReasons") or []
    if len(writes) == 1 and not reasons:
        reasons = [{"Code": code, "Item": response.get("Item")}]
    answered = list(zip(writes, reasons, strict=False))
    refusing = [
        (one, reason.get("Item")) for one, reason in answered if reason.get("Code") in CONDITION_FAILED
    ]
    if refusing:
        return _refused(refusing)
    at_fault = frozenset(one.part for one, reason in answered if reason.get("Code") not in UNTOUCHED)
    if code in CONFLICTING or any(reason.get("Code") in CONFLICTING for reason in reasons):
        return ConflictingError(at_fault)
    return NotCarriedOutError(at_fault)


def _refused(refusing: Sequence[tuple[Write, dict[str, Any] | None]]) -> Refused:
    found: dict[str, Any] = {
        one.part.value: one.decode(from_item(item)) for one, item in refusing if one.decode and item
    }
    return Refused(parts=frozenset(one.part for one, _ in refusing), **found)
