"""createSession, joinSession and publish, beside plain handlers that do the same work.

Each pair handles the same kind of message, one after the other, on DynamoDB of the local AWS and on a TLS
server that answers each push. CPU time is the handler's process alone. Wall time contains the emulator, which
takes turns with everything else on the machine, so only its ratio means something.
Run: python -m benchmarks.requests
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3

from adapters.dynamodb import client as dynamodb
from benchmarks.baselines import plain_handlers
from benchmarks.certificate import make_certificate
from benchmarks.report import Goal, Report, Table
from benchmarks.sink import tls_sink
from domain.settings import Limits, Settings
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.processes import free_port
from tests.support import events
from tests.support.aws_exchanges import SentRequest, intercepted
from tests.support.handler_driver import HandlerDriver, settings_json
from tests.support.session_driver import new_id
from tests.support.tables import create_tables, names

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from adapters.http.response import Response

PAIRS = 60
PAIRS_OF_PUBLISHES = 30
AUDIENCES = (1, 10, 100)
NO_LIMIT_IS_REACHED = 10**6
LIMITS = Limits(
    sessions_per_hour=NO_LIMIT_IS_REACHED,
    joins_per_minute=NO_LIMIT_IS_REACHED,
    connects_per_minute=NO_LIMIT_IS_REACHED,
    messages_per_minute=NO_LIMIT_IS_REACHED,
    requests_per_minute=NO_LIMIT_IS_REACHED,
)
USER = "speaker"
DATA = "x" * 200


@dataclass
class Cost:
    """Calls to DynamoDB and to the management API, and milliseconds, of each request of one kind."""

    calls: list[int] = field(default_factory=list[int])
    cpu: list[float] = field(default_factory=list[float])
    wall: list[float] = field(default_factory=list[float])

    def usual_calls(self) -> int:
        """Return the median. A join that met a taken slot makes more calls."""
        return statistics.median_low(self.calls)


@dataclass
class Calls:
    """Counts the calls of the functions' client and of boto3's."""

    dynamodb: int = 0

    def called(self, **_: object) -> None:
        self.dynamodb += 1

    def handle(self, _: SentRequest, send: Callable[[], Response]) -> Response:
        self.called()
        return send()


def main() -> None:
    """Measure and print the report."""
    print(report().text())


def report() -> Report:
    """Start a local AWS and a TLS server, and measure all pairs."""
    with contextlib.redirect_stdout(io.StringIO()), stack() as calls:  # what handlers log and count
        driver = HandlerDriver()
        pairs = {
            "createSession": measure(calls, PAIRS, creates(driver), plain_creates()),
            "joinSession": measure(calls, PAIRS, joins(driver), plain_joins()),
            **{
                f"publish to {audience:,}": measure(
                    calls, PAIRS_OF_PUBLISHES, publishes(driver, audience), plain_publishes(audience)
                )
                for audience in AUDIENCES
            },
        }
    rows = [[name, *row(ours, theirs)] for name, (ours, theirs) in pairs.items()]
    head = ["request", "calls", "plain", "CPU ms", "plain", "wall ms", "plain", "CPU ratio", "wall ratio"]
    publish_calls = max(ours.usual_calls() for name, (ours, _) in pairs.items() if name.startswith("publish"))
    return Report(
        tables=[Table(head=head, rows=rows)],
        goals=[
            Goal(figure="calls of a publish to 1 to 100 listeners", value=publish_calls, at_most=3),
            Goal(figure="calls of createSession", value=pairs["createSession"][0].usual_calls(), at_most=1),
            Goal(figure="calls of joinSession", value=pairs["joinSession"][0].usual_calls(), at_most=3),
        ],
        remarks=[
            "Calls are those to DynamoDB in a warm function. Times are medians.",
            "A ratio is ours by the plain handler's, at the median of the pairs.",
            "Both push to listeners. The plain handlers push their reply, too.",
        ],
    )


def row(ours: Cost, theirs: Cost) -> list[str]:
    """Return the cells of one pair."""
    return [
        str(ours.usual_calls()),
        str(theirs.usual_calls()),
        *(f"{statistics.median(values):.1f}" for values in (ours.cpu, theirs.cpu, ours.wall, theirs.wall)),
        f"{ratio(ours.cpu, theirs.cpu):.2f}",
        f"{ratio(ours.wall, theirs.wall):.2f}",
    ]


def ratio(ours: list[float], theirs: list[float]) -> float:
    """Return the median ratio of the pairs."""
    return statistics.median(mine / plain for mine, plain in zip(ours, theirs, strict=True))


def measure(
    calls: Calls, pairs: int, ours: Callable[[], object], theirs: Callable[[], object]
) -> tuple[Cost, Cost]:
    """Make as many pairs of requests, after one that warms both up."""
    costs = Cost(), Cost()
    ours()
    theirs()
    for _ in range(pairs):
        for cost, request in zip(costs, (ours, theirs), strict=True):
            before = calls.dynamodb
            wall, cpu = time.perf_counter(), time.process_time()
            request()
            cost.wall.append((time.perf_counter() - wall) * 1e3)
            cost.cpu.append((time.process_time() - cpu) * 1e3)
            cost.calls.append(calls.dynamodb - before)
    return costs


def creates(driver: HandlerDriver) -> Callable[[], object]:
    """Return a request that creates a session on a connection of its own."""
    speakers = (driver.connect(USER) for _ in iter(int, 1))
    return prepared(
        speakers, lambda one: driver.send(one, "createSession", sourceLanguage="en", quality="standard")
    )


def joins(driver: HandlerDriver) -> Callable[[], object]:
    """Return a request that joins one session on a connection of its own."""
    _, session_id = driver.speaking(USER)
    listeners = (driver.connect() for _ in iter(int, 1))
    return prepared(
        listeners, lambda one: driver.send(one, "joinSession", sessionId=session_id, targetLanguage="es")
    )


def publishes(driver: HandlerDriver, audience: int) -> Callable[[], object]:
    """Return a request that publishes to an audience."""
    speaker, session_id = driver.speaking(USER)
    for _ in range(audience):
        driver.listening(session_id)
    return lambda: driver.send(speaker, "publish", data=DATA)


def plain_connect(subject: str) -> str:
    """Connect to the plain handlers; return the connection's id."""
    connection_id = new_id()
    plain_handlers.connect(events.connect(connection_id, subject))
    return connection_id


def plain_event(connection_id: str, action: str, **fields: object) -> events.Event:
    """Return the event of a message to the plain handlers."""
    return events.message(connection_id, USER, json.dumps({"action": action, **fields}))


def plain_session() -> tuple[str, str]:
    """Create a session by the plain handler; return the speaker's connection and the session's id."""
    speaker = plain_connect(USER)
    plain_handlers.create_session(
        plain_event(speaker, "createSession", sourceLanguage="en", quality="standard")
    )
    connection = plain_handlers.table("connections").get_item(Key={"connectionId": speaker})["Item"]
    return speaker, connection["sessionId"]


def plain_creates() -> Callable[[], object]:
    """As `creates`."""
    speakers = (plain_connect(USER) for _ in iter(int, 1))
    return prepared(
        speakers,
        lambda one: plain_handlers.create_session(
            plain_event(one, "createSession", sourceLanguage="en", quality="standard")
        ),
    )


def plain_joins() -> Callable[[], object]:
    """As `joins`."""
    _, session_id = plain_session()
    listeners = (plain_connect("anonymous") for _ in iter(int, 1))
    return prepared(
        listeners,
        lambda one: plain_handlers.join_session(plain_event(one, "joinSession", sessionId=session_id)),
    )


def plain_publishes(audience: int) -> Callable[[], object]:
    """As `publishes`."""
    speaker, session_id = plain_session()
    for _ in range(audience):
        listener = plain_connect("anonymous")
        plain_handlers.join_session(plain_event(listener, "joinSession", sessionId=session_id))
    return lambda: plain_handlers.publish(plain_event(speaker, "publish", data=DATA))


def prepared(connections: Generator[str], request: Callable[[str], object]) -> Callable[[], object]:
    """Return a request on the next of the connections, all of which are opened before the first request."""
    opened = iter([next(connections) for _ in range(PAIRS + 1)])
    return lambda: request(next(opened))


@contextlib.contextmanager
def stack() -> Generator[Calls]:
    """Run a local AWS with both sets of tables, and a management API, and set the functions' environment."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate = make_certificate(folder)
        with (
            MiniStack.start(
                folder, free_port(), "AKIABENCHBENCHBENCH1", "secret", folder / "log"
            ) as ministack,
            tls_sink(certificate) as port,
        ):
            os.environ.update(
                ministack.environment
                | names()
                | {
                    "CALLBACK_URL": f"https://127.0.0.1:{port}/stage",
                    "AWS_CA_BUNDLE": str(certificate),
                    "SSL_CERT_FILE": str(certificate),
                    "FAN_OUT_QUEUE_URL": f"{ministack.environment['AWS_ENDPOINT_URL']}/000000000000/none",
                    "SERVICE_NAME": "benchmark",
                    "SETTINGS": settings_json(Settings(limits=LIMITS)),
                }
            )
            client: Any = cast(Any, boto3).client("dynamodb")
            create_tables(client)
            create_plain_tables(client)
            calls = counted_calls()
            with intercepted(dynamodb.client(), by=calls.handle):
                yield calls


def create_plain_tables(client: Any) -> None:
    """Create the tables of the plain handlers."""
    for name, (partition, sort) in plain_handlers.TABLES.items():
        keys = [(partition, "HASH"), *([(sort, "RANGE")] if sort else [])]
        client.create_table(
            TableName=f"plain-{name}",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
            AttributeDefinitions=[
                {"AttributeName": key, "AttributeType": "N" if key == "offset" else "S"} for key, _ in keys
            ],
        )


def counted_calls() -> Calls:
    """Return the counter of calls to DynamoDB. boto3's clients made from now on are counted."""
    calls = Calls()
    cast(Any, boto3).setup_default_session()
    cast(Any, boto3).DEFAULT_SESSION.events.register("after-call.dynamodb", calls.called)
    return calls


if __name__ == "__main__":
    main()
