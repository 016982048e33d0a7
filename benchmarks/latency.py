"""From publish to receipt, against the audience: our fan-out, and the sink that the messages arrive at.

In one process and without Lambda, API Gateway or DynamoDB: the stores are the tests' in memory, the sink
notes when each push arrives, and shares the processor. What is left is what our code adds before the first
and the last listener has the message.
Run: python -m benchmarks.latency
"""

import statistics
import threading
import time
from dataclasses import dataclass, field

from adapters.management_api.sender import BlockingSender, Sender
from adapters.management_api.sigv4 import Credentials
from benchmarks.table import format_table
from domain.authorization import Caller
from domain.settings import Limits, Settings
from fan_out.fan_out import FanOut
from fan_out.prune_listeners import ClearAway
from tests.functions.fan_out.management_api import Answer, Got, ManagementApi, management_api
from tests.functions.fan_out.memory_log import MemoryMessageLog
from tests.functions.fan_out.stage import Queue
from tests.functions.memory import Memory
from tests.functions.world import World
from use_cases.hook import Processing
from use_cases.publish import Publish

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


def measure(audience: int) -> tuple[float, float, float]:
    """Milliseconds to the first and to the last listener, and to the reply; medians."""
    arrivals = Arrivals()
    memory = Memory()
    world = World.in_memory(SETTINGS, memory)
    log = MemoryMessageLog(memory)
    with management_api(ManagementApi(arrivals.note)) as api:
        sender = BlockingSender(
            lambda: Sender(
                api.url,
                region="us-east-1",
                credentials=lambda: Credentials(access_key="AKIDEXAMPLE", secret_key="none"),  # noqa: S106
            )
        )
        fan_out = FanOut(
            listeners=world.listeners,
            pusher=sender,
            queue=Queue(),
            clear_away=ClearAway(departed=world.disconnect, listeners=world.listeners, journal=world.notes),
            settings=SETTINGS,
            journal=world.notes,
            metrics=world.notes,
        )
        publish = Publish(
            sessions=world.sessions,
            connections=world.connections,
            log=log,
            fan_out=fan_out,
            processing=Processing(hook=None, settings=SETTINGS, journal=world.notes, metrics=world.notes),
            settings=SETTINGS,
            clock=world.clock,
        )
        speaker, session_id = world.speaking()
        for _ in range(audience):
            world.listening(session_id)
        caller = Caller(connection_id=speaker, subject="user", address="")
        samples: list[tuple[float, float, float]] = []
        for _ in range(MESSAGES):
            arrivals.times.clear()
            start = time.perf_counter()
            publish(caller, {"data": "x" * 200}, None)
            replied = time.perf_counter()
            moments = min(arrivals.times), max(arrivals.times), replied
            samples.append(tuple((moment - start) * 1e3 for moment in moments))  # pyright: ignore[reportArgumentType]
        sender.close()
    first, last, reply = zip(*samples[1:], strict=True)
    return statistics.median(first), statistics.median(last), statistics.median(reply)


def main() -> None:
    """Measure and print the table."""
    rows = [[f"{one:,}", *(f"{value:,.1f}" for value in measure(one))] for one in AUDIENCES]
    print(format_table(["listeners", "first ms", "last ms", "reply ms"], rows))


if __name__ == "__main__":
    main()
