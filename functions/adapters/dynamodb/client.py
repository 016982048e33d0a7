"""The DynamoDB client: calls with bounded retries, and the one place that translates its errors."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal
from uuid import uuid4

from adapters.aws.client import AwsClient, CallLimits
from adapters.aws.errors import AwsCallError, ServiceError
from adapters.dynamodb.writes import Kind, Values, Write, from_item
from domain.backoff import full_jitter
from domain.errors import UnavailableError
from domain.ports import Condition, ConditionFailed, RetryBudget

Operation = Literal[
    "BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"
]

WRITE_OPERATIONS: Mapping[Kind, Operation] = {
    "Delete": "DeleteItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}

LIMITS = CallLimits(connect_seconds=1, response_seconds=1.5, attempts=2)
"""A call without a response takes 6 s at most: two attempts and a pause. With a second call, which leaves a
slow limit out, that fits in a function's ten seconds."""

FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS = 0.02, 0.4
"""Bounds of the waits between attempts of a transaction that conflicts with another."""

MAX_ATTEMPTS = {RetryBudget.QUICK: 2, RetryBudget.USUAL: 10, RetryBudget.PATIENT: 25}
"""Attempts by retry budget. Their waits add up to 0.02, 2.2 and 8.2 s at most."""

MAX_BATCH_KEYS = 100
"""Keys of one BatchGetItem."""

MAX_BATCH_READS = 3
"""Calls for one batch. DynamoDB may return a part of it and leave the rest to another call."""

CONDITION_FAILED = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})
CONFLICTING = frozenset(
    {"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"}
)
NO_REASON = frozenset({"None", "", None})


@cache
def client() -> AwsClient:
    """Return the client of this process."""
    return AwsClient("dynamodb", LIMITS)


def table(variable: str) -> str:
    """Return a table's name. Raises KeyError in a function without this table."""
    return os.environ[variable]


class DynamoDBUnavailableError(UnavailableError):
    """A call failed or had no response in time. `conditions` name the writes at fault, if DynamoDB does."""

    def __init__(self, conditions: frozenset[Condition] = frozenset()) -> None:
        super().__init__()
        self.conditions = conditions


class TransactionConflictError(DynamoDBUnavailableError):
    """Another transaction held one of the items. A retry may succeed in a moment."""


def call(
    operation: Operation,
    arguments: Mapping[str, Any],
    writes: Sequence[Write] = (),
    *,
    retry_budget: RetryBudget = RetryBudget.USUAL,
) -> dict[str, Any]:
    """Make one call. Conflicts with other transactions are retried, with jitter and a bound.

    Raises ConditionFailed if a condition of `writes` fails, and DynamoDBUnavailableError.
    """
    max_attempts = MAX_ATTEMPTS[retry_budget]
    for attempt in range(1, max_attempts + 1):
        try:
            return client().call(f"DynamoDB_20120810.{operation}", arguments)
        except ServiceError as error:
            outcome = _translate(error, writes)
            if not isinstance(outcome, TransactionConflictError) or attempt == max_attempts:
                raise outcome from error
        except AwsCallError as error:
            raise DynamoDBUnavailableError from error
        time.sleep(full_jitter(attempt, FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS))
    raise AssertionError("the last attempt returns or raises")


def get_item(table_name: str, key: Values) -> dict[str, Any] | None:
    """Return an item's attributes, or None. One strongly consistent read."""
    response = call("GetItem", {"TableName": table_name, "Key": key, "ConsistentRead": True})
    return from_item(response["Item"]) if "Item" in response else None


def batch_get(table_name: str, keys: Sequence[Values]) -> list[dict[str, Any]]:
    """Return the items that exist, in any order. One strongly consistent call for each MAX_BATCH_KEYS.

    Raises DynamoDBUnavailableError if DynamoDB returns only a part after MAX_BATCH_READS calls.
    """
    found: list[dict[str, Any]] = []
    for start in range(0, len(keys), MAX_BATCH_KEYS):
        found += batch_get_of({table_name: keys[start : start + MAX_BATCH_KEYS]})[table_name]
    return found


def batch_get_of(keys: Mapping[str, Sequence[Values]]) -> dict[str, list[dict[str, Any]]]:
    """Return the items that exist of each table. One strongly consistent call for MAX_BATCH_KEYS at most.

    Raises DynamoDBUnavailableError if DynamoDB returns only a part after MAX_BATCH_READS calls.
    """
    found: dict[str, list[dict[str, Any]]] = {table_name: [] for table_name in keys}
    pending: Mapping[str, Any] = {
        table_name: {"Keys": batch, "ConsistentRead": True} for table_name, batch in keys.items()
    }
    for _ in range(MAX_BATCH_READS):
        response = call("BatchGetItem", {"RequestItems": pending})
        for table_name, items in response["Responses"].items():
            found[table_name] += map(from_item, items)
        pending = response.get("UnprocessedKeys") or {}
        if not pending:
            return found
    raise DynamoDBUnavailableError


def query_pages(query: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages of a query, with each item's attributes. One call a page."""
    page: Mapping[str, Any] = query
    while True:
        response = call("Query", page)
        yield [from_item(item) for item in response["Items"]]
        if "LastEvaluatedKey" not in response:
            return
        page = {**query, "ExclusiveStartKey": response["LastEvaluatedKey"]}


def count_items(query: Mapping[str, Any]) -> int:
    """Return the number of items that a query finds. One call a page."""
    count = 0
    page: Mapping[str, Any] = {**query, "Select": "COUNT"}
    while True:
        response = call("Query", page)
        count += response["Count"]
        if "LastEvaluatedKey" not in response:
            return count
        page = {**page, "ExclusiveStartKey": response["LastEvaluatedKey"]}


def write(one: Write, *, retry_budget: RetryBudget = RetryBudget.USUAL) -> dict[str, Any]:
    """Make one write; return the item's attributes after it if it is an update."""
    arguments = {**one.arguments, "ReturnValues": "ALL_NEW"} if one.kind == "Update" else one.arguments
    response = call(WRITE_OPERATIONS[one.kind], arguments, [one], retry_budget=retry_budget)
    return from_item(response.get("Attributes", {}))


def transact(writes: Sequence[Write], *, retry_budget: RetryBudget = RetryBudget.USUAL) -> None:
    """Make all writes or none.

    All attempts have one token. If an attempt finds an earlier one in progress, it gets that one's outcome in
    the end, and is not refused by what the earlier one wrote.
    """
    arguments = {
        "TransactItems": [{one.kind: one.arguments} for one in writes],
        "ClientRequestToken": uuid4().hex,
    }
    call("TransactWriteItems", arguments, writes, retry_budget=retry_budget)


def _translate(error: ServiceError, writes: Sequence[Write]) -> Exception:
    """Return the error for a response. The reasons of a transaction have the order of its writes."""
    code = error.code
    reasons: list[dict[str, Any]] = error.document.get("CancellationReasons") or []
    if len(writes) == 1 and not reasons:
        reasons = [{"Code": code, "Item": error.document.get("Item")}]
    by_write = list(zip(writes, reasons, strict=False))
    failed = [(one, reason.get("Item")) for one, reason in by_write if reason.get("Code") in CONDITION_FAILED]
    if failed:
        return _condition_failed(failed)
    at_fault = frozenset(one.checks for one, reason in by_write if reason.get("Code") not in NO_REASON)
    if code in CONFLICTING or any(reason.get("Code") in CONFLICTING for reason in reasons):
        return TransactionConflictError(at_fault)
    return DynamoDBUnavailableError(at_fault)


def _condition_failed(failed: Sequence[tuple[Write, dict[str, Any] | None]]) -> ConditionFailed:
    found: dict[str, Any] = {
        one.checks.value: one.decode(from_item(item)) for one, item in failed if one.decode and item
    }
    return ConditionFailed(conditions=frozenset(one.checks for one, _ in failed), **found)
