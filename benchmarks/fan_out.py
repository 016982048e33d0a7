"""Fan-out of one message to many listeners: our sender beside boto3 one by one, in the same run.

Both push to a TLS server on loopback, in a process of its own, that does nothing but answer. What counts is
the CPU time that a push costs the sender: it holds on any machine and under any load of it, and bounds what
one Lambda core can send. Run: python -m benchmarks.fan_out
"""

from __future__ import annotations

import ssl
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from adapters.aws.credentials import Credentials
from adapters.management_api.sender import BlockingSender, Sender
from benchmarks.certificate import make_certificate
from benchmarks.report import Report, Table
from benchmarks.sink import tls_sink
from domain.delivery import Delivery, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

AUDIENCES = (10, 100, 1_000)
PUSHES = 5_000  # a measurement, whatever the audience
BASELINE_PUSHES = 1_000
PAYLOAD = b"x" * 200
CREDENTIALS = Credentials(access_key="AKIDEXAMPLE", secret_key="not-a-secret", token="t" * 400)  # noqa: S106


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Pushes a second of wall time, and microseconds of CPU a push."""

    rate: float
    cpu: float


def connection_ids(count: int) -> list[str]:
    """Ids of the form that API Gateway gives out."""
    return [f"L0SM9cOFvHcCI{number:04}w=" for number in range(count)]


def measure(fan_out: Callable[[list[str]], None], audience: int, pushes: int) -> Measured:
    """Fan out to `audience` connections until about `pushes` are sent, after one round that warms up."""
    ids = connection_ids(audience)
    rounds = max(1, pushes // audience)
    fan_out(ids)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(rounds):
        fan_out(ids)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Measured(rate=rounds * audience / wall, cpu=cpu / (rounds * audience) * 1e6)


def our_fan_out(url: str, tls: ssl.SSLContext) -> Callable[[list[str]], None]:
    """What publish and the fan-out function do."""
    sender = BlockingSender(lambda: Sender(url, region="us-east-1", credentials=lambda: CREDENTIALS, tls=tls))

    def fan_out(ids: list[str]) -> None:
        outcomes = sender.deliver([Delivery(connection_id, (PAYLOAD,)) for connection_id in ids])
        assert all(outcome is Outcome.DELIVERED for outcome in outcomes)

    return fan_out


def boto3_fan_out(url: str, certificate: Path) -> Callable[[list[str]], None]:
    """The usual loop over post_to_connection."""
    client: ApiGatewayManagementApiClient = boto3.client(  # pyright: ignore[reportUnknownMemberType]
        "apigatewaymanagementapi",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=CREDENTIALS.access_key,
        aws_secret_access_key=CREDENTIALS.secret_key,
        aws_session_token=CREDENTIALS.token,
        verify=str(certificate),
    )

    def fan_out(ids: list[str]) -> None:
        for connection_id in ids:
            client.post_to_connection(ConnectionId=connection_id, Data=PAYLOAD)

    return fan_out


def report() -> Report:
    """Push to each audience in both ways."""
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        certificate = make_certificate(Path(folder))
        with tls_sink(certificate) as port:
            url = f"https://127.0.0.1:{port}/prod"
            baseline = boto3_fan_out(url, certificate)
            ours = our_fan_out(url, ssl.create_default_context(cafile=str(certificate)))
            for audience in AUDIENCES:
                theirs = measure(baseline, audience, BASELINE_PUSHES)
                mine = measure(ours, audience, PUSHES)
                rows.append(
                    [
                        f"{audience:,}",
                        f"{theirs.rate:,.0f}",
                        f"{theirs.cpu:,.0f}",
                        f"{mine.rate:,.0f}",
                        f"{mine.cpu:,.0f}",
                        f"{mine.rate / theirs.rate:.1f}",
                        f"{theirs.cpu / mine.cpu:.1f}",
                    ]
                )
    head = ["listeners", "boto3/s", "boto3 CPU us", "sender/s", "sender CPU us", "x rate", "x CPU"]
    return Report(tables=[Table(head=head, rows=rows)])


def main() -> None:
    """Measure and print the report."""
    print(report().text())


if __name__ == "__main__":
    main()
