"""Handlers on the tables of the publishing driver."""

from collections.abc import Callable

import pytest

from tests.support.handler_driver import Handler, cold_start
from tests.support.publish_driver import PublishDriver


@pytest.fixture
def load(publish_driver: PublishDriver, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Handler]:
    """Starts a handler in the environment of its function."""
    monkeypatch.setenv("CALLBACK_URL", publish_driver.api.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return cold_start
