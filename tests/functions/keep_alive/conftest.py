"""A local AWS with the tables and their indexes, and an empty world on it for each test."""

from collections.abc import Generator

import pytest

from adapters import dynamodb
from emulator.ministack import MiniStack
from emulator.processes import free_port
from tests.functions.keep_alive.world import TABLES, World, clear_tables, create_tables


@pytest.fixture(scope="package")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Generator[MiniStack]:
    """The tables, and the environment in which the adapters find them."""
    folder = tmp_path_factory.mktemp("ministack")
    keys = "AKIATESTTESTTESTTEST", "a-secret-for-tests"
    with (
        MiniStack.start(folder, free_port(), *keys, folder / "log") as ministack,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in (ministack.environment | {table: table.lower() for table in TABLES}).items():
            environment.setenv(name, value)
        dynamodb.client.cache_clear()
        create_tables(dynamodb.client())
        yield ministack
        dynamodb.client.cache_clear()


@pytest.fixture
def world(tables: MiniStack) -> World:
    """Nobody is there yet."""
    clear_tables(dynamodb.client())
    return World()
