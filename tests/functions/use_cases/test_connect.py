"""$connect: the record of a connection, and its limit."""

import pytest

from domain.errors import (
    RateLimitedError,
)
from domain.settings import Limits, Settings
from tests.functions.conftest import NewDriver
from tests.support.session_driver import new_id


def test_counts_by_address(new_driver: NewDriver) -> None:
    driver = new_driver(Settings(limits=Limits(connects_per_minute=2)))
    address = new_id("a")
    for _ in range(2):
        driver.connect(address=address)
    with pytest.raises(RateLimitedError):
        driver.connect(address=address)
    driver.now += 60
    driver.connect(address=address)
