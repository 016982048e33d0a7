"""The waits of the Python client."""

import random

import pytest

from websocket_sessions.client import Timings


@pytest.mark.parametrize(("fraction", "wait"), [(0.0, 2.0), (0.25, 2.5), (0.999, 3.998)])
def test_a_client_never_returns_before_retry_after_and_spreads_over_as_long_again(
    fraction: float, wait: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def uniform(low: float, high: float) -> float:
        return low + (high - low) * fraction

    monkeypatch.setattr(random, "uniform", uniform)
    assert Timings().with_jitter(2.0) == pytest.approx(wait)
