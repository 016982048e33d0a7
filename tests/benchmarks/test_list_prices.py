"""The list prices of other services, for traffic whose cost is worked out by hand, and their page."""

import pytest

from benchmarks.list_prices import SERVICES, Traffic
from benchmarks.listener_hours import PAGE, price_table

TEXT = Traffic(listeners=100, messages=3_600, message_bytes=400)


@pytest.mark.parametrize(
    ("service", "usd"),
    [
        ("Ably", 3_600 * 101 * 2.5e-6 + (60 * 101 + 60) * 1e-6),
        ("Pusher", 3_600 * 101 * 49 / 30e6),
        ("AppSync Events", (3_600 * 101 + 2 * 101) * 1e-6 + 60 * 101 * 0.08e-6),
        ("IoT Core", (3_600 * 101 + 2 * 101) * 1e-6 + 60 * 101 * 0.08e-6),
    ],
)
def test_each_message_is_counted_as_published_and_as_received(service: str, usd: float) -> None:
    assert SERVICES[service](TEXT) == pytest.approx(usd)


@pytest.mark.parametrize(("message_bytes", "units"), [(5_120, 1), (5_121, 2), (10_241, 3)])
def test_services_of_aws_meter_in_units_of_five_kilobytes(message_bytes: int, units: int) -> None:
    traffic = Traffic(listeners=1, messages=1_000, message_bytes=message_bytes)
    assert traffic.metered == 2_000 * units + 4


def test_the_page_has_the_prices() -> None:
    """`python -m benchmarks.listener_hours write` writes it again."""
    assert price_table().markdown() in PAGE.read_text(encoding="utf-8")
