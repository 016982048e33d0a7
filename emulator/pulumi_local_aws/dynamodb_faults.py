"""Injects DynamoDB's conflicts, throttling and delays into the local AWS, at a test's request.

It runs in front of MiniStack, in MiniStack's own virtual environment, so it imports the standard library
only. MiniStack handles one call after another, so two transactions never meet there. `POST PATH` replaces
what is injected, `DELETE PATH` removes it, and `GET PATH` returns how often each fault was injected and how
many items transactions hold.

Source: Amazon DynamoDB Developer Guide, "Managing complex workflows with DynamoDB transactions" (conflicts)
and "Error handling with DynamoDB" (throttling, unprocessed keys of a batch).
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/_local-aws/dynamodb-faults"
FAULTS = ("conflict", "throttled", "failed", "delayed", "answerDelayed")
_TARGET = "DynamoDB_20120810."
_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
_TRANSACTIONS = ("TransactWriteItems", "TransactGetItems")
_CONTENDED = (*_WRITES, *_TRANSACTIONS)
"""Operations that DynamoDB refuses while a transaction holds one of their items."""
_CONFLICT, _THROTTLED = "TransactionConflict", "ThrottlingError"
_MESSAGES = {
    "TransactionConflictException": "Transaction is ongoing for the item",
    "TransactionInProgressException": "Transaction with the same token is in progress",
    "ProvisionedThroughputExceededException": "The level of configured provisioned throughput was exceeded.",
    "InternalServerError": "Internal server error",
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """An item that a call names: its table, and its key as text, such as `{"id": {"S": "1"}}`."""

    table: str
    key: str
    values: tuple[str, ...]


@dataclass(kw_only=True)
class Rule:
    """A fault for the calls of an operation that name a table and a key; None matches all.

    `key` is a pattern of fnmatch for the value of a key attribute. `count` limits how often the fault is
    injected. `seconds` is the length of a delay.
    """

    fault: str
    operation: str | None = None
    table: str | None = None
    key: str | None = None
    probability: float = 1.0
    count: int | None = None
    seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.fault not in FAULTS:
            raise ValueError(f"fault: {self.fault!r}; must be one of {', '.join(FAULTS)}")

    def matches(self, operation: str, items: Sequence[Item]) -> bool:
        """Return whether the rule is for this call."""
        if self.count == 0 or self.operation not in (None, operation):
            return False
        if self.fault == "conflict" and operation not in _CONTENDED:
            return False
        return (self.table is None and self.key is None) or any(map(self.concerns, items))

    def concerns(self, item: Item) -> bool:
        """Return whether the rule is for this item."""
        return self.table in (None, item.table) and (
            self.key is None or any(fnmatchcase(value, self.key) for value in item.values)
        )


class DynamoDBFaults:
    """What is injected now. Transactions hold their items for `hold_seconds` from their start."""

    def __init__(self) -> None:
        self._keys: dict[str, list[str]] = {}
        self._held: Counter[Item] = Counter()
        self._tokens: set[str] = set()
        self.replace({})

    def replace(self, request: Mapping[str, Any]) -> None:
        """Inject what a request describes, and nothing else. Raises TypeError and ValueError."""
        unknown = sorted(set(request) - {"rules", "holdSeconds", "seed"})
        if unknown:
            raise ValueError(f"{unknown[0]}: unknown; must be one of holdSeconds, rules, seed")
        self._rules = [Rule(**rule) for rule in request.get("rules", [])]
        self._hold_seconds = float(request.get("holdSeconds", 0))
        self._random = random.Random(request.get("seed", 0))  # noqa: S311 -- repeatable
        self.injected: Counter[str] = Counter()

    def in_front_of(self, app: App) -> App:
        """Return the ASGI application with the faults in front of it."""

        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
            elif scope["path"] == PATH:
                await self._administer(scope["method"], await _read(receive), send)
            elif operation := self._watched_operation(scope):
                await self._call(app, operation, scope, await _read(receive), send)
            else:
                await app(scope, receive, send)

        return handle

    def _watched_operation(self, scope: Scope) -> str | None:
        """Return the operation of a call that is looked at, else None."""
        target = next((value for name, value in scope["headers"] if name.lower() == b"x-amz-target"), b"")
        prefix, _, operation = target.decode("latin-1").partition(".")
        if f"{prefix}." != _TARGET:
            return None
        return operation if operation == "CreateTable" or self._rules or self._hold_seconds else None

    async def _administer(self, method: str, body: bytes, send: Send) -> None:
        try:
            if method != "GET":
                self.replace(json.loads(body) if method == "POST" else {})
        except (TypeError, ValueError) as error:
            await _respond(send, 400, {"message": str(error)})
        else:
            await _respond(send, 200, {"injected": dict(self.injected), "heldItems": len(self._held)})

    async def _call(self, app: App, operation: str, scope: Scope, body: bytes, send: Send) -> None:
        request: dict[str, Any] = json.loads(body)
        if operation == "CreateTable":
            self._keys[request["TableName"]] = [one["AttributeName"] for one in request["KeySchema"]]
        items = list(self._items(operation, request))
        rule = self._rule(operation, items)
        if rule is not None and rule.fault == "delayed":
            await asyncio.sleep(rule.seconds)
        refusal = self._refusal(rule, operation, items)
        if refusal is not None:
            await _respond(send, *refusal)
            return
        with self._transaction(operation, items, request) as conflict:
            if conflict is not None:
                self.injected["conflict"] += 1
                await _respond(send, *conflict)
                return
            hold = asyncio.sleep(self._hold_seconds if operation == "TransactWriteItems" else 0)
            answer, _ = await asyncio.gather(_answer(app, scope, body), hold)
        if rule is not None and rule.fault == "answerDelayed":
            await asyncio.sleep(rule.seconds)
        if rule is not None and rule.fault == "throttled" and operation == "BatchGetItem":
            answer = self._without_throttled_keys(answer, request, rule)
        await answer.send(send)

    def _rule(self, operation: str, items: Sequence[Item]) -> Rule | None:
        for rule in self._rules:
            if rule.matches(operation, items) and self._random.random() < rule.probability:
                if rule.count is not None:
                    rule.count -= 1
                self.injected[rule.fault] += 1
                return rule
        return None

    def _refusal(
        self, rule: Rule | None, operation: str, items: Sequence[Item]
    ) -> tuple[int, dict[str, Any]] | None:
        """Return DynamoDB's answer to a call that it does not make, or None."""
        if rule is None:
            return None
        if rule.fault == "failed":
            return _error("InternalServerError", 500)
        if rule.fault == "conflict":
            return _conflict(operation, [item for item in items if rule.concerns(item)], items)
        is_part_of_a_batch = operation == "BatchGetItem" and not all(map(rule.concerns, items))
        if rule.fault == "throttled" and not is_part_of_a_batch:
            if operation in _TRANSACTIONS:
                return _cancelled(_THROTTLED, [item for item in items if rule.concerns(item)], items)
            return _error("ProvisionedThroughputExceededException")
        return None

    @contextmanager
    def _transaction(
        self, operation: str, items: Sequence[Item], request: Mapping[str, Any]
    ) -> Generator[tuple[int, dict[str, Any]] | None]:
        """Hold a transaction's items. Yields the answer if another holds an item of the call, else None."""
        token = request.get("ClientRequestToken", "")
        held = [item for item in items if self._held[item]]
        if not self._hold_seconds or operation not in _CONTENDED:
            yield None
        elif token in self._tokens:
            yield _error("TransactionInProgressException")
        elif held:
            yield _conflict(operation, held, items)
        elif operation != "TransactWriteItems":
            yield None
        else:
            self._held.update(items)
            self._tokens.add(token)
            try:
                yield None
            finally:
                self._held.subtract(items)
                self._held += Counter()  # drop the items that nobody holds
                self._tokens.discard(token)

    def _items(self, operation: str, request: Mapping[str, Any]) -> Iterator[Item]:
        if operation in _TRANSACTIONS:
            for action in request["TransactItems"]:
                (detail,) = action.values()
                yield self._item(detail["TableName"], detail.get("Key") or detail["Item"])
        elif operation == "BatchGetItem":
            for table, batch in request["RequestItems"].items():
                for key in batch["Keys"]:
                    yield self._item(table, key)
        elif operation == "BatchWriteItem":
            for table, writes in request["RequestItems"].items():
                for write in writes:
                    ((_, detail),) = write.items()
                    yield self._item(table, detail.get("Key") or detail["Item"])
        elif operation == "Query":
            values = tuple(_text(value) for value in request.get("ExpressionAttributeValues", {}).values())
            yield Item(table=request["TableName"], key="", values=values)
        elif "TableName" in request:
            yield self._item(request["TableName"], request.get("Key") or request.get("Item") or {})

    def _item(self, table: str, attributes: Mapping[str, Any]) -> Item:
        names = self._keys.get(table, sorted(attributes))
        key = {name: attributes[name] for name in sorted(names) if name in attributes}
        return Item(table=table, key=json.dumps(key), values=tuple(map(_text, key.values())))

    def _without_throttled_keys(self, answer: "Answer", request: Mapping[str, Any], rule: Rule) -> "Answer":
        """Return a batch's answer with the throttled keys unprocessed, as DynamoDB leaves them."""
        content = json.loads(answer.body)
        for table, found in content.get("Responses", {}).items():
            asked = request["RequestItems"][table]
            keys = [key for key in asked["Keys"] if rule.concerns(self._item(table, key))]
            if keys:
                content["Responses"][table] = [
                    item for item in found if not rule.concerns(self._item(table, item))
                ]
                content.setdefault("UnprocessedKeys", {})[table] = {**asked, "Keys": keys}
        return Answer(status=answer.status, headers=answer.headers, body=json.dumps(content).encode())


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A complete HTTP response."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    async def send(self, send: Send) -> None:
        """Send it; its length and checksum follow from its body."""
        own = (b"content-length", b"x-amz-crc32")
        headers = [(name, value) for name, value in self.headers if name.lower() not in own]
        headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


async def _answer(app: App, scope: Scope, body: bytes) -> Answer:
    """Return the application's response to a request whose body was read."""
    start: Message = {}
    parts: list[bytes] = []
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return pending.pop() if pending else {"type": "http.disconnect"}

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, keep)
    return Answer(status=start["status"], headers=start.get("headers", ()), body=b"".join(parts))


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _respond(send: Send, status: int, content: Mapping[str, Any]) -> None:
    headers = [(b"content-type", b"application/x-amz-json-1.0")]
    await Answer(status=status, headers=headers, body=json.dumps(content).encode()).send(send)


def _error(code: str, status: int = 400) -> tuple[int, dict[str, Any]]:
    return status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": _MESSAGES[code]}


def _conflict(operation: str, held: Sequence[Item], items: Sequence[Item]) -> tuple[int, dict[str, Any]]:
    if operation in _TRANSACTIONS:
        return _cancelled(_CONFLICT, held, items)
    return _error("TransactionConflictException")


def _cancelled(code: str, at_fault: Sequence[Item], items: Sequence[Item]) -> tuple[int, dict[str, Any]]:
    """Return the cancellation of a transaction, with a reason for each of its items."""
    reasons = [{"Code": code if item in at_fault else "None"} for item in items]
    codes = ", ".join(reason["Code"] for reason in reasons)
    return 400, {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        "Message": f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        "CancellationReasons": reasons,
    }


def _text(value: Mapping[str, Any]) -> str:
    """Return the text of an attribute's value, such as `{"S": "a"}`."""
    return str(next(iter(value.values())))
