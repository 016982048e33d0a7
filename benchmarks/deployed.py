"""A deployed local stack: from publish to receipt against the audience, and the load at which it bends.

The real engine deploys the stack, and all messages pass the gateway, the emulator and the functions. First,
one session gets ever more listeners: they join ten at a time, and a speaker publishes message after message.
Then there are ever more sessions of ten listeners, whose speakers publish as soon as they have the reply. CPU
time is that of each process, which shows what limits a step. AWS has none of these processes: the tables say
what the local stack carries, not what an account does.
Run: python -m benchmarks.deployed
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from benchmarks.report import Chart, Report, Table
from pulumi_local_aws.stack.background import Record
from pulumi_local_aws.stack.services import EMULATOR, GATEWAY
from tests.e2e.deployment import Deployment
from tools.dev_stack.dev_stack import DevStack
from tools.dev_stack.session_client import PROTOCOL, Refused, SessionClient
from tools.dev_stack.throwaway_stack import throwaway_stack

AUDIENCES = (1, 10, 100, 300, 1_000)
MESSAGES = 20
SESSIONS = (1, 2, 4, 8)
LISTENERS_OF_EACH = 10
SECONDS_OF_LOAD = 10
JOINING_AT_ONCE = 10
ANSWER_SECONDS = 30.0
RECEIPT_SECONDS = 60.0
CONFIG = """\
  websocket-sessions:maxListeners: 1000
"""


def main() -> None:
    """Measure and print the report."""
    print(report().text())


def report() -> Report:
    """Deploy a stack, and measure both."""
    with tempfile.TemporaryDirectory() as folder, throwaway_stack(Path(folder), config=CONFIG) as stack:
        deployment = Deployment(outputs=stack.outputs(), aws=stack.aws_environment())
        loads = asyncio.run(measure_loads(stack, deployment))
        steps = asyncio.run(measure_audiences(stack, deployment))  # the last one leaves much to clean up
    full = [step for step in steps if step.latencies]
    charts = [
        Chart(
            title="Milliseconds from publish to the first and to the last listener",
            x_label="listeners",
            y_label="ms, median",
            points=[str(step.audience) for step in full],
            lines=[[step.median(place) for step in full] for place in (0, 2)],
        )
    ]
    head = ["listeners", "joined", "join s", "first ms", "median ms", "last ms", "reply ms", *CPU_HEAD]
    load_head = ["sessions", "messages/s", "deliveries/s", "reply ms", *CPU_HEAD]
    return Report(
        tables=[
            Table(head=head, rows=[step.row() for step in steps]),
            Table(head=load_head, rows=[load.row() for load in loads]),
        ],
        charts=charts,
        remarks=[
            "Latencies are medians over the messages.",
            "CPU is in seconds of a processor for each second of the step.",
            what_limits(loads),
            *(f"{step.audience:,} listeners: {step.failure}." for step in steps if step.failure),
        ],
    )


CPU_HEAD = ("emulator CPU", "gateway CPU", "clients CPU")


@dataclass
class Shares:
    """The share of a processor that each part of the stack used."""

    emulator: float = 0.0
    gateway: float = 0.0
    clients: float = 0.0

    def cells(self) -> list[str]:
        """Return the cells of a row."""
        return [f"{share:.2f}" for share in (self.emulator, self.gateway, self.clients)]


@dataclass
class Step:
    """One audience."""

    audience: int
    joined: int = 0
    join_seconds: float = 0.0
    latencies: list[tuple[float, float, float, float]] = field(
        default_factory=list[tuple[float, float, float, float]]
    )
    """Milliseconds to the first, the median and the last listener, and to the reply, of each message."""
    shares: Shares = field(default_factory=Shares)
    failure: str = ""
    """What was not answered in time. The next larger audience is not tried."""

    def median(self, place: int) -> float:
        """Return the median of one of the latencies."""
        return statistics.median(one[place] for one in self.latencies)

    def row(self) -> list[str]:
        """Return the cells."""
        cells = [f"{self.audience:,}", f"{self.joined:,}", f"{self.join_seconds:.1f}"]
        if not self.latencies:
            return [*cells, *["-"] * 4, *self.shares.cells()]
        medians = [f"{self.median(place):,.0f}" for place in range(4)]
        return [*cells, *medians, *self.shares.cells()]


@dataclass
class Load:
    """As many sessions at once."""

    sessions: int
    messages: int
    deliveries: int
    seconds: float
    reply_ms: float
    shares: Shares

    def row(self) -> list[str]:
        """Return the cells."""
        rates = (self.messages / self.seconds, self.deliveries / self.seconds)
        return [
            str(self.sessions),
            *(f"{rate:,.1f}" for rate in rates),
            f"{self.reply_ms:,.0f}",
            *self.shares.cells(),
        ]


def what_limits(loads: Sequence[Load]) -> str:
    """Return a sentence about the load with the most deliveries."""
    best = max(loads, key=lambda load: load.deliveries / load.seconds)
    shares = vars(best.shares)
    busiest = max(shares, key=lambda name: shares[name])
    return (
        f"The most deliveries a second come with {best.sessions} sessions. The {busiest} works most then, "
        f"with {shares[busiest]:.2f} of {os.cpu_count()} processors."
    )


class Audience:
    """Listeners of sessions, and when each message reached them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connections: list[ClientConnection] = []
        self._readers: list[asyncio.Task[None]] = []
        self.received: dict[str, list[float]] = {}
        self.changed = asyncio.Event()

    async def join(self, session_id: str, count: int) -> int:
        """Let `count` listeners join, JOINING_AT_ONCE at a time; return how many did."""
        joining = asyncio.Semaphore(JOINING_AT_ONCE)

        async def join_one() -> bool:
            async with joining:
                return await self._join(session_id)

        return sum(await asyncio.gather(*(join_one() for _ in range(count))))

    async def _join(self, session_id: str) -> bool:
        """Return whether one more listener has joined in time."""
        try:
            connection = await connect(
                self._url,
                subprotocols=[Subprotocol(PROTOCOL)],
                compression=None,
                ping_interval=None,
                open_timeout=ANSWER_SECONDS,
            )
            self._connections.append(connection)
            request = {"action": "joinSession", "sessionId": session_id, "targetLanguage": "en"}
            await connection.send(json.dumps(request))
            reply = await asyncio.wait_for(connection.recv(), ANSWER_SECONDS)
        except (OSError, TimeoutError, WebSocketException):
            return False
        self._readers.append(asyncio.create_task(self._read(connection)))
        return json.loads(reply)["type"] == "sessionJoined"

    async def _read(self, connection: ClientConnection) -> None:
        try:
            async for frame in connection:
                message = json.loads(frame)
                if message["type"] == "message":
                    self.received.setdefault(message["data"], []).append(time.perf_counter())
                    self.changed.set()
        except ConnectionClosed:
            return

    async def all_have(self, data: str, count: int) -> list[float]:
        """Return when each listener received a message, once all have."""
        async with asyncio.timeout(RECEIPT_SECONDS):
            while len(self.received.get(data, ())) < count:
                self.changed.clear()
                await self.changed.wait()
        return sorted(self.received[data])

    async def close(self) -> None:
        """Disconnect all."""
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(
            *(connection.close() for connection in self._connections), return_exceptions=True
        )


async def measure_audiences(stack: DevStack, deployment: Deployment) -> list[Step]:
    """Return a step for each audience, up to the first at which something is not answered in time."""
    steps: list[Step] = []
    for audience in AUDIENCES:
        step = Step(audience)
        steps.append(step)
        listeners = Audience(deployment.config["webSocketUrl"])
        async with await deployment.connect(deployment.create_user()) as speaker:
            try:
                with shares_in(stack, step.shares):
                    await measure_audience(step, speaker, listeners)
            except (Refused, TimeoutError) as error:
                step.failure = f"{type(error).__name__}: {error}"
                break
            finally:
                await listeners.close()
    return steps


async def measure_audience(step: Step, speaker: SessionClient, listeners: Audience) -> None:
    """Let all listeners join, and publish. Raises Refused, and TimeoutError if a listener is missing."""
    created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
    started = time.perf_counter()
    step.joined = await listeners.join(created["sessionId"], step.audience)
    step.join_seconds = time.perf_counter() - started
    if step.joined < step.audience:
        raise TimeoutError("not all listeners joined in time")
    for number in range(MESSAGES):
        step.latencies.append(await publish(speaker, listeners, f"{step.audience}-{number}", step.audience))
    del step.latencies[0]


async def publish(
    speaker: SessionClient, listeners: Audience, data: str, audience: int
) -> tuple[float, float, float, float]:
    """Publish one message; return its latencies in milliseconds."""
    started = time.perf_counter()
    await speaker.request("publish", data=data)
    replied = time.perf_counter()
    times = await listeners.all_have(data, audience)
    return tuple((one - started) * 1e3 for one in (times[0], statistics.median(times), times[-1], replied))  # pyright: ignore[reportReturnType]


async def measure_loads(stack: DevStack, deployment: Deployment) -> list[Load]:
    """Return a load for each number of sessions."""
    loads: list[Load] = []
    for count in SESSIONS:
        listeners = Audience(deployment.config["webSocketUrl"])
        speakers = [await deployment.connect(deployment.create_user()) for _ in range(count)]
        for speaker in speakers:
            created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
            await listeners.join(created["sessionId"], LISTENERS_OF_EACH)
        shares = Shares()
        started = time.perf_counter()
        with shares_in(stack, shares):
            replies = await asyncio.gather(
                *(speak(speaker, f"{count}-{number}", started) for number, speaker in enumerate(speakers))
            )
        seconds = time.perf_counter() - started
        sent = [one for spoken in replies for one in spoken]
        loads.append(
            Load(
                sessions=count,
                messages=len(sent),
                deliveries=sum(map(len, listeners.received.values())),
                seconds=seconds,
                reply_ms=statistics.median(sent) * 1e3,
                shares=shares,
            )
        )
        await listeners.close()
        for speaker in speakers:
            await speaker.close()
    return loads


async def speak(speaker: SessionClient, name: str, started: float) -> Sequence[float]:
    """Publish one message after the other for a while; return the seconds to each reply."""
    replies: list[float] = []
    while time.perf_counter() - started < SECONDS_OF_LOAD:
        sent = time.perf_counter()
        try:
            await speaker.request("publish", data=f"{name}-{len(replies)}")
        except Refused:
            continue
        replies.append(time.perf_counter() - sent)
    return replies


@contextmanager
def shares_in(stack: DevStack, shares: Shares) -> Generator[None]:
    """Set the shares of what runs while the block does."""
    parts = {name: Record.load(stack.layout.run, name) for name in (EMULATOR, GATEWAY)}
    pids = {name: record.pid for name, record in parts.items() if record}
    before, own, started = (
        {name: cpu_seconds(pid) for name, pid in pids.items()},
        time.process_time(),
        time.time(),
    )
    yield
    seconds = time.time() - started
    for name, pid in pids.items():
        setattr(shares, name, (cpu_seconds(pid) - before[name]) / seconds)
    shares.clients = (time.process_time() - own) / seconds


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and of its descendants that run."""
    total = 0.0
    process = psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        try:
            used: Any = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system
    return total


if __name__ == "__main__":
    main()
