"""The tests of this room drive keep-alive runs."""

import pytest

from tests.support.keep_alive_driver import KeepAliveDriver


@pytest.fixture
def driver(keep_alive_driver: KeepAliveDriver) -> KeepAliveDriver:
    """The driver of this room."""
    return keep_alive_driver
