"""From publish to receipt, against the audience: our fan-out, and the sink that the messages arrive at.

In one process and without Lambda, API Gateway or DynamoDB: the stores are the tests' in memory, the sink
records when each push arrives, and shares the processor. What is left is what our code adds before the first
and the last listener has the message, and before the speaker has the reply. For comparison, the reply of a
publish that hands all listeners to the queue, whose time is not included, and pushes to none.
Run: python -m benchmarks.latency
"""

import math
import statistics
import threading
import time
from dataclasses import dataclass, field, replace

from adapters.aws.credentials import Credentials
from adapters.management_api.sender import BlockingSender, Sender
from benchmarks.report import Report, Table
from domain.message_log import Body
from domain.model import Caller
from domain.settings import Limits, Settings
from tests.support.fake_management_api import Answer, Got, ManagementApi, management_api
from tests.support.fakes import FakeQueue, NoQueue
from tests.support.memory_stores import Memory, memory_stores
from tests.support.session_driver import SessionDriver

AUDIENCES = (10, 100, 500)
MESSAGES = 50
SETTINGS = Settings(limits=Limits(enabled=False), direct_fan_out=1_000, max_listeners=1_000)


@dataclass
class Arrivals:
    """When the pushes of the message under way arrived."""

    times: list[float] = field(default_factory=list[float])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, _: Got) -> Answer:
        with self.lock:
            self.times.append(time.perf_counter())
        return Answer()


def measure(audience: int, settings: Settings = SETTINGS) -> tuple[float, float, float]:
    """Milliseconds to the first and to the last listener, and to the reply; medians.

    The first two are NaN if the queue has all listeners.
    """
    arrivals = Arrivals()
    with management_api(ManagementApi(arrivals.note)) as api:
        sender = BlockingSender(
            lambda: Sender(
                api.url,
                region="us-east-1",
                credentials=lambda: Credentials(access_key="AKIDEXAMPLE", secret_key="none"),  # noqa: S106
            )
        )
        queue = NoQueue() if settings.direct_fan_out else FakeQueue()
        driver = SessionDriver(
            settings, {**memory_stores(Memory()), "pusher": sender, "queue": queue, "hook": None}
        )
        publish = driver.container.publish
        speaker, session_id = driver.speaking()
        for _ in range(audience):
            driver.listening(session_id)
        caller = Caller(connection_id=speaker, subject="user", address="")
        body = Body(data="x" * 200, content_type="text/plain", encoding="utf8")
        samples: list[tuple[float, float, float]] = []
        for _ in range(MESSAGES):
            arrivals.times.clear()
            start = time.perf_counter()
            publish(caller, body=body, target_languages=None, request_id=None)
            replied = time.perf_counter()
            moments = min(arrivals.times, default=math.nan), max(arrivals.times, default=math.nan), replied
            samples.append(tuple((moment - start) * 1e3 for moment in moments))  # pyright: ignore[reportArgumentType]
        sender.close()
    first, last, reply = zip(*samples[1:], strict=True)
    return statistics.median(first), statistics.median(last), statistics.median(reply)


def report() -> Report:
    """Publish to each audience."""
    queued = replace(SETTINGS, direct_fan_out=0)
    rows = [
        [f"{one:,}", *(f"{value:,.1f}" for value in (*measure(one), measure(one, queued)[2]))]
        for one in AUDIENCES
    ]
    head = ["listeners", "first ms", "last ms", "reply ms", "reply ms, all handed to the queue"]
    return Report(tables=[Table(head=head, rows=rows)])


def main() -> None:
    """Measure and print the report."""
    print(report().text())


if __name__ == "__main__":
    main()
