"""An empty world on the local tables for each test."""

import pytest

from adapters.dynamodb import client as dynamodb
from pulumi_local_aws.ministack import MiniStack
from tests.functions.keep_alive.world import World
from tests.functions.local_tables import clear_tables


@pytest.fixture
def world(tables: MiniStack) -> World:
    """Nobody is there yet."""
    clear_tables(dynamodb.client())
    return World()
