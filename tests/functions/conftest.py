"""One local AWS with the tables for all tests of the functions that need one."""

from collections.abc import Callable, Generator

import pytest

from adapters import dynamodb
from emulator.ministack import MiniStack
from emulator.processes import free_port
from tests.functions.fan_out.stage import TABLES, create_tables
from tests.functions.world import UNLIMITED, World


@pytest.fixture(scope="session")
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


Worlds = Callable[..., World]


@pytest.fixture(params=["memory", pytest.param("dynamodb", marks=pytest.mark.emulator)])
def worlds(request: pytest.FixtureRequest) -> Worlds:
    """Makes worlds on each kind of store, so that the double is held to what DynamoDB does."""
    if request.param == "memory":
        return World.in_memory
    request.getfixturevalue("tables")
    return World.on_dynamodb


@pytest.fixture
def world(worlds: Worlds) -> World:
    """A world without rate limits, on each kind of store."""
    return worlds(UNLIMITED)
