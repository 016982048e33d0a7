"""One stalled listener of a hundred: what it costs the others, in pairs within one run.

API Gateway answers 429 for a connection whose client does not read. A round pushes a message to a hundred
listeners that read, and then to ninety-nine of them and one that does not. The baseline insists on
the stalled one, as the sender does for a single connection. Run: python -m benchmarks.stalled_listener
"""

import ssl
import statistics
import tempfile
import time
from pathlib import Path

from adapters.management_api.sender import BlockingSender, Sender
from benchmarks.certificate import make_certificate
from benchmarks.fan_out import CREDENTIALS, PAYLOAD, connection_ids
from benchmarks.report import Goal, Report, Table
from benchmarks.sink import STALLED, tls_sink
from domain.delivery import Delivery

AUDIENCE = 100
ROUNDS = 400
BASELINE_ROUNDS = 10


def seconds(sender: BlockingSender, audience: list[Delivery], *, retry_throttled: bool) -> float:
    """Return how long one message to the audience takes."""
    started = time.perf_counter()
    sender.deliver(audience, retry_throttled=retry_throttled)
    return time.perf_counter() - started


def row(name: str, times: list[float]) -> list[str]:
    """Return the median and the 99th percentile in milliseconds."""
    return [name, f"{statistics.median(times) * 1e3:.1f}", f"{_p99(times) * 1e3:.1f}"]


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def report() -> Report:
    """Push to both audiences in pairs."""
    ids = connection_ids(AUDIENCE)
    healthy = [Delivery(one, (PAYLOAD,)) for one in ids]
    with_stalled = [*healthy[:50], Delivery(f"{STALLED}-listener", (PAYLOAD,)), *healthy[51:]]
    with tempfile.TemporaryDirectory() as folder:
        certificate = make_certificate(Path(folder))
        with tls_sink(certificate) as port:
            tls = ssl.create_default_context(cafile=str(certificate))
            url = f"https://127.0.0.1:{port}/stage"
            sender = BlockingSender(
                lambda: Sender(url, region="us-east-1", credentials=lambda: CREDENTIALS, tls=tls)
            )
            seconds(sender, healthy, retry_throttled=False)
            pairs = [
                (
                    seconds(sender, healthy, retry_throttled=False),
                    seconds(sender, with_stalled, retry_throttled=False),
                )
                for _ in range(ROUNDS)
            ]
            insisting = [seconds(sender, with_stalled, retry_throttled=True) for _ in range(BASELINE_ROUNDS)]
            sender.close()
    without, beside = ([pair[place] for pair in pairs] for place in (0, 1))
    rows = [
        row("all read", without),
        row("one does not read", beside),
        row("one does not read, and the sender insists", insisting),
    ]
    return Report(
        tables=[Table(head=["100 listeners", "median, ms", "99th percentile, ms"], rows=rows)],
        goals=[Goal(figure="ratio of the 99th percentiles", value=_p99(beside) / _p99(without), at_most=1.2)],
    )


def main() -> None:
    """Measure and print the report."""
    print(report().text())


if __name__ == "__main__":
    main()
