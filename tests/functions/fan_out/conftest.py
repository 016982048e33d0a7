"""A stage on the shared tables for each test, with a management API of its own."""

from collections.abc import Generator

import pytest

from pulumi_local_aws.ministack import MiniStack
from tests.functions.fan_out.management_api import ManagementApi, management_api
from tests.functions.fan_out.stage import Stage


@pytest.fixture
def api() -> Generator[ManagementApi]:
    """The management API, which answers 200 if not told otherwise."""
    with management_api() as served:
        yield served


@pytest.fixture
def stage(tables: MiniStack, api: ManagementApi) -> Generator[Stage]:
    """The functions on the tables."""
    one = Stage(api)
    yield one
    one.close()
