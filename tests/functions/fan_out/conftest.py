"""The tests of this room drive publishing."""

import pytest

from tests.support.publish_driver import PublishDriver


@pytest.fixture
def driver(publish_driver: PublishDriver) -> PublishDriver:
    """The driver of this room."""
    return publish_driver
