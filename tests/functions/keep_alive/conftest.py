"""An empty driver on the local tables for each test."""

import pytest

from adapters.dynamodb import client as dynamodb
from pulumi_local_aws.ministack import MiniStack
from tests.support.keep_alive_driver import KeepAliveDriver
from tests.support.tables import clear_tables


@pytest.fixture
def driver(tables: MiniStack) -> KeepAliveDriver:
    """Nobody is there yet."""
    clear_tables(dynamodb.client())
    return KeepAliveDriver()
