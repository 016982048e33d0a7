"""What a listener-hour costs, beside the list prices of services that carry messages.

One session of 100 listeners lasts an hour. Its units are counted while the functions' use cases run on the
tables of a local AWS: of one message, at each size, and of all else in an hour (connects, joins, pings,
disconnects). They are priced as the capacity estimate prices them. Durations of functions and lines of logs
are the estimate's. Sizes of audio are those of Opus at 24 kbit/s, in base64.
Run: python -m benchmarks.listener_hours (with `write`, it writes docs/cost.md)
"""

import os
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from adapters.dynamodb import client as dynamodb
from benchmarks.list_prices import PRICES, SERVICES, Traffic
from benchmarks.report import Report, Table
from domain.settings import Settings
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.processes import free_port
from tests.support.counted_session import Counted, counted_session
from tests.support.tables import boto3_client, create_tables, names
from websocket_sessions.capacity.load import Load
from websocket_sessions.capacity.operations import LOG_BYTES, MEMORY_GB
from websocket_sessions.capacity.prices import PRICES as AWS_PRICES
from websocket_sessions.capacity.prices import REVISED

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cost.md"
LISTENERS = 100
COUNTED_MESSAGES = 20
"""Messages of which the units of one are the mean."""
TEXT_BYTES = 200
AUDIO_BITS_PER_SECOND = 24_000
CHUNKS = (0.1, 0.25, 0.5, 1.0, 2.0)
COALESCING_SECONDS = 2
MINUTES = 60


@dataclass(frozen=True, kw_only=True)
class Units:
    """Billed units, and pushes."""

    webSocketMessages: float = 0  # noqa: N815 -- the names of the price table
    lambdaRequests: float = 0  # noqa: N815
    dynamoDbWrites: float = 0  # noqa: N815
    dynamoDbReads: float = 0  # noqa: N815
    sqsRequests: float = 0  # noqa: N815
    dataOut: float = 0  # noqa: N815
    pushes: float = 0

    def plus(self, other: "Units", times: float = 1) -> "Units":
        """Return the sum of these units and a multiple of others."""
        return Units(**{name: value + times * getattr(other, name) for name, value in vars(self).items()})

    def usd(self) -> float:
        """Return their price, with the time of the functions and their logs."""
        seconds = self.lambdaRequests * Load.invocation_seconds + self.pushes * Load.push_seconds
        billed = {name: value for name, value in vars(self).items() if name in AWS_PRICES}
        billed |= {"lambdaDuration": seconds * MEMORY_GB, "logs": self.lambdaRequests * LOG_BYTES / 1e9}
        return sum(units * AWS_PRICES[name].usd / AWS_PRICES[name].per for name, units in billed.items())


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Messages of one kind."""

    name: str
    per_second: float
    data_bytes: int

    @property
    def an_hour(self) -> float:
        """Messages of an hour."""
        return self.per_second * MINUTES * 60


def scenarios() -> list[Scenario]:
    """Return text at a message a second, and audio in chunks of several lengths."""
    text = Scenario(name="text, 1 message/s", per_second=1, data_bytes=TEXT_BYTES)
    return [text, *(_audio(seconds) for seconds in CHUNKS)]


def _audio(seconds: float) -> Scenario:
    content = ceil(seconds * AUDIO_BITS_PER_SECOND / 8)
    return Scenario(
        name=f"audio, chunks of {seconds:g} s", per_second=1 / seconds, data_bytes=4 * ceil(content / 3)
    )


def counts(counted: Counted) -> Units:
    """Return what was counted so far."""
    pushed = [payload for push in counted.driver.pusher.deliveries for payload in push.payloads]
    return Units(
        webSocketMessages=counted.messages,
        lambdaRequests=counted.invocations,
        dynamoDbWrites=counted.units.writes,
        dynamoDbReads=counted.units.reads,
        sqsRequests=counted.queue.requests,
        dataOut=sum(map(len, pushed)) / 1e9,
        pushes=len(pushed),
    )


def without_messages(settings: Settings) -> Units:
    """Count an hour: connects, joins, pings and disconnects.

    A message in each minute keeps the listeners from asking what they missed. It is not counted.
    """
    with counted_session(settings) as counted:
        counted.start(LISTENERS)
        total = counts(counted)
        for _ in range(MINUTES):
            counted.publish("x")
            before = counts(counted)
            counted.pass_minute()
            total = total.plus(counts(counted)).plus(before, -1)
        before = counts(counted)
        counted.stop()
        return total.plus(counts(counted)).plus(before, -1)


def of_a_message(settings: Settings, scenario: Scenario) -> tuple[Units, int]:
    """Count the units of one message, which are the mean of some, and the size of its push."""
    together = max(1, int(settings.coalescing_interval * scenario.per_second))
    with counted_session(settings) as counted:
        counted.start(LISTENERS)
        before = counts(counted)
        batches = ceil(COUNTED_MESSAGES / together)
        for _ in range(batches):
            for _ in range(together):
                counted.append("x" * scenario.data_bytes)
                counted.serve_queue()
            counted.pass_interval()
        spent = counts(counted).plus(before, -1)
        return Units().plus(spent, 1 / (batches * together)), max(counted.message_sizes)


def cost_table() -> Table:
    """Count and price each scenario, in US dollars for a thousand listener-hours."""
    plain = Settings()
    coalescing = replace(plain, coalescing_interval=COALESCING_SECONDS, coalescing_audience=0)
    hours = [without_messages(settings) for settings in (plain, coalescing)]
    rows: list[list[str]] = []
    for scenario in scenarios():
        usd: list[float] = []
        size = 0
        for settings, hour in zip((plain, coalescing), hours, strict=True):
            message, size = of_a_message(settings, scenario)
            minutes = MINUTES * (LISTENERS + 1) * AWS_PRICES["connectionMinutes"].usd / 1e6
            usd.append(hour.plus(message, scenario.an_hour).usd() + minutes)
        traffic = Traffic(listeners=LISTENERS, messages=scenario.an_hour, message_bytes=size)
        usd += [price(traffic) for price in SERVICES.values()]
        rows.append(
            [
                scenario.name,
                f"{scenario.an_hour:,.0f}",
                f"{size:,}",
                *(f"{one / LISTENERS * 1_000:,.2f}" for one in usd),
            ]
        )
    ours = ["this package", f"coalesced, {COALESCING_SECONDS} s"]
    return Table(
        head=["USD for 1,000 listener-hours", "messages/h", "push bytes", *ours, *SERVICES], rows=rows
    )


def price_table() -> Table:
    """Return the list prices with their sources."""
    rows = [[f"{one.usd:g} / {one.per:,.0f}", one.unit, one.source, one.seen] for one in PRICES.values()]
    return Table(head=["USD / units", "unit", "price page", "read in"], rows=rows)


@contextmanager
def local_tables() -> Generator[None]:
    """Run a local AWS with the tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with MiniStack.start(
            folder, free_port(), "AKIABENCHBENCHBENCH1", "secret", folder / "log"
        ) as ministack:
            os.environ.update(ministack.environment | names())
            dynamodb.client.cache_clear()
            create_tables(boto3_client())
            yield


def report() -> Report:
    """Count on a local AWS, and price."""
    with local_tables():
        return Report(tables=[cost_table(), price_table()])


def page(costs: str) -> str:
    """Return docs/cost.md with a table of costs."""
    return f"""\
<!-- Written by `python -m benchmarks.listener_hours write`. -->
# Cost of a listener-hour

US dollars for a thousand listener-hours, for a session of {LISTENERS} listeners that lasts an hour. The units
of this package are counted on a local AWS: of one message at each size, and of all connects, joins, pings and
disconnects of the hour. They are priced with AWS's prices in US East (N. Virginia), as the
[estimate](installation-configuration.md) has them ({REVISED}). Data to the internet is included. The column
"coalesced" has the settings `coalescingInterval` at {COALESCING_SECONDS} s and `coalescingAudience` at 0.
A player of audio then needs a buffer of the interval and a chunk ([scale](scale.md#coalescing)).

The other columns are the list prices below for carrying the same messages. Base fees, free tiers and data to
the internet are left out. Pusher's price is that of a plan whose messages are all used, each day of the
month. Audio is Opus at 24 kbit/s, in base64.

{costs}

## List prices

{price_table().markdown()}
"""


def main(arguments: list[str]) -> None:
    """Print the report, or write the page."""
    if arguments == ["write"]:
        with local_tables():
            PAGE.write_text(page(cost_table().markdown()), encoding="utf-8")
    else:
        print(report().text())


if __name__ == "__main__":
    main(sys.argv[1:])
