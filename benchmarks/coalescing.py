"""Coalescing: the messages of an interval as one push, against its length: pushes, cost, latency and order.

A speaker publishes at a fixed rate to an audience of two shards. The publishing and the fan-out function's
code runs in one process, on the tests' stores in memory, and pushes to a management API that records each
arrival. The queue delivers after its delays, and adds no latency of its own. A message's latency is the time
from its publish to its arrival at a listener. A message is out of order if it arrives after a later one,
which the client's buffer corrects. USD are the estimate's, for an audience of 500.
Run: python -m benchmarks.coalescing
"""

import json
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from adapters.aws.credentials import Credentials
from adapters.management_api.sender import BlockingSender, Sender
from benchmarks.report import Report, Table
from domain.message_log import Body
from domain.model import Caller
from domain.settings import Limits, Settings
from fan_out.tasks import FanOutTask, FlushTask
from tests.support.fake_management_api import Answer, Got, ManagementApi, management_api
from tests.support.memory_stores import Memory, memory_stores
from tests.support.session_driver import SessionDriver
from websocket_sessions.capacity.estimate import estimate
from websocket_sessions.capacity.load import Load
from websocket_sessions.config.settings import SessionSettings

INTERVALS = (0, 1, 2, 5)
AUDIENCE = 100
RATES = (1, 5)
SECONDS = 10
SETTINGS = Settings(
    limits=Limits(enabled=False), max_listeners=100, listeners_per_shard=50, coalescing_audience=0
)
PRICED = Load(sessions=1, listeners=500, messages_per_second=1, minutes=60)


@dataclass
class Arrivals:
    """When each message arrived at each listener, in the order of arrival."""

    by_listener: dict[str, list[tuple[int, float]]] = field(
        default_factory=dict[str, list[tuple[int, float]]]
    )
    pushes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, got: Got) -> Answer:
        now = time.perf_counter()
        push = json.loads(got.body)
        with self.lock:
            self.pushes += 1
            arrived = self.by_listener.setdefault(got.connection_id, [])
            arrived += [(one["offset"], now) for one in push.get("messages", [push])]
        return Answer()

    @property
    def out_of_order(self) -> float:
        """The share of messages that arrived after a later one."""
        late = total = 0
        for arrived in self.by_listener.values():
            highest = 0
            for offset, _ in arrived:
                late += offset < highest
                total += 1
                highest = max(highest, offset)
        return late / total


class DelayedQueue:
    """Delivers each task after its delay to one instance of the fan-out function, one after another."""

    def __init__(self) -> None:
        self._instance = ThreadPoolExecutor(1)
        self._served: list[Future[None]] = []
        self._delayed: list[threading.Timer] = []
        self.consumer: Callable[[Sequence[FanOutTask | FlushTask]], Sequence[object]] | None = None

    def send(self, tasks: Sequence[FanOutTask], *, delay_seconds: int = 0) -> None:
        assert delay_seconds == 0, "no session ends"
        for task in tasks:
            self._deliver(task)

    def flush_later(self, flushes: Sequence[tuple[FlushTask, int]]) -> None:
        for task, delay_seconds in flushes:
            timer = threading.Timer(delay_seconds, self._deliver, [task])
            self._delayed.append(timer)
            timer.start()

    def retry_soon(self, received: Sequence[tuple[str, int]]) -> None:
        raise AssertionError(f"every task is served at its first receive, but not {received}")

    def drain(self) -> None:
        """Wait until all tasks are served, and those that they queue."""
        while self._delayed or self._served:
            if self._delayed:
                self._delayed.pop().join()
            else:
                self._served.pop().result()
        self._instance.shutdown()

    def _deliver(self, task: FanOutTask | FlushTask) -> None:
        self._served.append(self._instance.submit(self._serve, task))

    def _serve(self, task: FanOutTask | FlushTask) -> None:
        assert self.consumer is not None
        assert self.consumer([task]) == [None]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one run gave."""

    pushes_per_message: float
    """Pushes to one listener for each published message."""
    latencies: Sequence[float]
    """Seconds."""
    out_of_order: float


def measure(interval: int, rate: int) -> Measured:
    """Publish for a while at this rate, in a stack with this interval."""
    arrivals, queue, stores = Arrivals(), DelayedQueue(), memory_stores(Memory())
    with management_api(ManagementApi(arrivals.record)) as api:
        senders = [_sender(api.url), _sender(api.url)]
        publishing, consuming = (
            SessionDriver(
                replace(SETTINGS, coalescing_interval=interval),
                {**stores, "pusher": sender, "queue": queue, "hook": None, "clock": _seconds},
            )
            for sender in senders
        )
        queue.consumer = consuming.container.fan_out_consumer
        published = _publish(publishing, rate)
        queue.drain()
        for sender in senders:
            sender.close()
    return Measured(
        pushes_per_message=arrivals.pushes / AUDIENCE / len(published),
        latencies=[
            moment - published[offset - 1]
            for arrived in arrivals.by_listener.values()
            for offset, moment in arrived
        ],
        out_of_order=arrivals.out_of_order,
    )


def _seconds() -> int:
    return int(time.time())


def _sender(url: str) -> BlockingSender:
    """Return the sender of one instance of a function."""
    credentials = Credentials(access_key="AKIDEXAMPLE", secret_key="none")  # noqa: S106
    return BlockingSender(lambda: Sender(url, region="us-east-1", credentials=lambda: credentials))


def _publish(driver: SessionDriver, rate: int) -> list[float]:
    """Publish to an audience at the rate; return when each message was published."""
    speaker, session_id = driver.speaking()
    for shard in range(driver.session(session_id).shards):
        driver.container.sessions.open_shards(session_id, shard + 1)
        for _ in range(AUDIENCE // driver.session(session_id).shards):
            driver.listening(session_id)
    caller = Caller(connection_id=speaker, subject="user", address="")
    body = Body(data="x" * 200, content_type="text/plain", encoding="utf8")
    published: list[float] = []
    start = time.perf_counter()
    for number in range(rate * SECONDS):
        time.sleep(max(0.0, start + number / rate - time.perf_counter()))
        published.append(time.perf_counter())
        driver.container.publish(caller, body=body, target_languages=None, request_id=None)
    return published


def cost(interval: int, rate: int) -> float:
    """US dollars of an hour for a thousand listeners, in sessions of PRICED's audience."""
    settings = SessionSettings(coalescing_interval=interval)
    total = estimate(replace(PRICED, messages_per_second=rate), settings).total
    return total / PRICED.listeners * 1_000


def report() -> Report:
    """Measure each interval at each rate."""
    rows: list[list[str]] = []
    for rate in RATES:
        for interval in INTERVALS:
            measured = measure(interval, rate)
            rows.append(
                [
                    f"{rate}",
                    f"{interval}" if interval else "off",
                    f"{measured.pushes_per_message:.2f}",
                    f"{cost(interval, rate):.2f}",
                    f"{statistics.median(measured.latencies):.2f}",
                    f"{statistics.quantiles(measured.latencies, n=100)[98]:.2f}",
                    f"{measured.out_of_order:.1%}",
                ]
            )
    head = [
        "messages/s",
        "interval s",
        "pushes a message",
        "USD, 1,000 listener-hours",
        "median s",
        "99 % s",
        "out of order",
    ]
    return Report(tables=[Table(head=head, rows=rows)])


def main() -> None:
    """Measure and print the report."""
    print(report().text())


if __name__ == "__main__":
    main()
