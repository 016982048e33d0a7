"""What a keep-alive run reads and takes, with ever more connections stored and always as many due.

Beside it, in the same run, stands what it replaces: reading the whole table and choosing in the function.
Both use DynamoDB on the local AWS, and pushes that cost nothing. Calls, items and the function's own CPU time
say what a run costs anywhere; the wall time is the emulator's too, whose Query walks the whole table, as
DynamoDB's does not. Run: python -m benchmarks.keep_alive (SIZES=1000,10000 for a shorter one).
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.dynamodb import client as dynamodb
from adapters.dynamodb.connection_items import connection_item
from benchmarks.report import Report, Table
from container import Container
from domain.delivery import Delivery, Outcome
from domain.model import Connection
from domain.settings import Settings
from keep_alive.run import all_scans
from pulumi_local_aws import aws
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.processes import free_port
from tests.support.aws_exchanges import intercepted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from adapters.http.response import Response
    from tests.support.aws_exchanges import SentRequest

SIZES = tuple(int(size) for size in os.environ.get("SIZES", "1000,10000,100000").split(","))
DUE = 500
NOW = int(time.time())
TABLES = {"SESSIONS_TABLE": "sessionId", "CONNECTIONS_TABLE": "connectionId"}


class Sink:
    """Takes every push, and costs nothing."""

    def deliver(self, deliveries: Sequence[Delivery], **_: object) -> list[Outcome]:
        """All of them arrive."""
        return [Outcome.DELIVERED] * len(deliveries)

    def disconnect(self, connection_ids: Sequence[str]) -> list[Outcome]:
        """Nobody is there."""
        return [Outcome.GONE] * len(connection_ids)


class Quiet:
    """Writes no log and counts nothing."""

    def begin(self, _: str, /, **keys: object) -> None: ...

    def info(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None: ...

    def warning(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None: ...

    def failed(self, failure: BaseException) -> None: ...

    def count(self, name: str, value: int = 1) -> None: ...

    def flush(self) -> None: ...


@dataclass
class Cost:
    """Calls to DynamoDB by operation, items that it read, and seconds: of our CPU, and on the wall."""

    calls: Counter[str] = field(default_factory=Counter[str])
    items: int = 0
    cpu: float = 0.0
    wall: float = 0.0

    def count(self, operation: str, result: dict[str, Any]) -> None:
        """Add one call."""
        self.calls[operation] += 1
        self.items += result.get("ScannedCount", 0)

    def called(self, parsed: dict[str, Any], model: Any, **_: object) -> None:
        """Add one call of boto3's client."""
        self.count(model.name, parsed)


def create_tables(client: Any) -> None:
    """The two tables that a run queries, with their indexes."""
    for variable, key in TABLES.items():
        kinds = {key: "S", "dueShard": "S", "dueAt": "N"}
        due = [
            {"AttributeName": name, "KeyType": kind}
            for name, kind in (("dueShard", "HASH"), ("dueAt", "RANGE"))
        ]
        client.create_table(
            TableName=os.environ[variable],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": k} for n, k in kinds.items()],
            GlobalSecondaryIndexes=[
                {"IndexName": "due", "KeySchema": due, "Projection": {"ProjectionType": "ALL"}}
            ],
        )


def store(client: Any, numbers: range, due_at: Callable[[int], int]) -> None:
    """Write connections by batches of 25, eight at a time."""

    def put(start: int) -> None:
        batch = [
            {"PutRequest": {"Item": connection_item(_connection(number, due_at(number)))}}
            for number in numbers[start : start + 25]
        ]
        client.batch_write_item(RequestItems={os.environ["CONNECTIONS_TABLE"]: batch})

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(put, range(0, len(numbers), 25)))


def _connection(number: int, due_at: int) -> Connection:
    return Connection(
        connection_id=f"L0SM9cOFvHcCI{number:07}=",
        address="0123456789ab",
        correlation_id="0123456789ab",
        connected_at=NOW - 480,
        due_at=due_at,
        ttl=NOW + 100_000,
    )


@contextmanager
def counted(client: Any) -> Generator[Cost]:
    """Count what the functions' client and boto3's `client` call meanwhile."""
    cost = Cost()
    responses: list[tuple[str, bytes]] = []

    def record(sent: SentRequest, send: Callable[[], Response]) -> Response:
        response = send()
        responses.append((sent.operation, response.body))
        return response

    client.meta.events.register("after-call.dynamodb", cost.called)
    with intercepted(dynamodb.client(), by=record):
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield cost
        finally:
            cost.wall, cost.cpu = time.perf_counter() - wall, time.process_time() - cpu
            client.meta.events.unregister("after-call.dynamodb", cost.called)
    for operation, body in responses:
        cost.count(operation, json.loads(body))


def ignore(_: object) -> None:
    """Stand in for what a due connection leads to."""


def run() -> None:
    """One whole run, as the scheduled function does it."""
    quiet = Quiet()
    container = Container(settings=Settings(), pusher=Sink(), logger=quiet, metrics=quiet, clock=lambda: NOW)
    keep_alive = replace(container.keep_alive, end_if_due=ignore, on_disconnected=ignore)
    assert keep_alive(all_scans(NOW), has_time=lambda: True) == ()


def scan(client: Any) -> None:
    """What the index saves: every connection is read, to find those that are due."""
    pages = client.get_paginator("scan").paginate(TableName=os.environ["CONNECTIONS_TABLE"])
    assert sum(int(item["dueAt"]["N"]) <= NOW for page in pages for item in page["Items"]) == DUE


def measure(client: Any) -> list[list[str]]:
    """Fill the table up to each size, and take both ways."""
    rows: list[list[str]] = []
    stored = 0
    for size in SIZES:
        store(client, range(stored, size), lambda number: NOW - 1 if number < DUE else NOW + 3600)
        stored = size
        with counted(client) as whole:
            scan(client)
        with counted(client) as ours:
            run()
        store(client, range(DUE), lambda _: NOW - 1)
        rows.append(
            [
                f"{size:,}",
                str(DUE),
                str(ours.calls["Query"]),
                f"{ours.items:,}",
                str(ours.calls["UpdateItem"]),
                f"{ours.cpu:.2f} s",
                f"{ours.wall:.2f} s",
                str(whole.calls["Scan"]),
                f"{whole.items:,}",
                f"{whole.cpu:.2f} s",
                f"{whole.wall:.2f} s",
            ]
        )
    return rows


def report() -> Report:
    """Start a local AWS, and take both ways at each size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with MiniStack.start(
            folder, free_port(), "AKIABENCHBENCHBENCH1", "secret", folder / "log"
        ) as ministack:
            os.environ.update(ministack.environment | {table: table.lower() for table in TABLES})
            # The emulator takes seconds to walk 100,000 items; the functions' time limit is for DynamoDB.
            dynamodb.LIMITS = replace(dynamodb.LIMITS, response_seconds=60)  # pyright: ignore[reportConstantRedefinition]
            client = aws.client("dynamodb", os.environ)
            create_tables(client)
            head = [
                "stored",
                "due",
                "queries",
                "items",
                "writes",
                "CPU",
                "wall",
                "scans",
                "items",
                "CPU",
                "wall",
            ]
            return Report(tables=[Table(head=head, rows=measure(client))])


def main() -> None:
    """Measure and print the report."""
    print(report().text())


if __name__ == "__main__":
    main()
