"""A driver on the shared tables for each test, with a management API of its own."""

from collections.abc import Generator

import pytest

from pulumi_local_aws.ministack import MiniStack
from tests.support.fake_management_api import ManagementApi, management_api
from tests.support.publish_driver import PublishDriver


@pytest.fixture
def api() -> Generator[ManagementApi]:
    """The management API, which answers 200 if not told otherwise."""
    with management_api() as served:
        yield served


@pytest.fixture
def driver(tables: MiniStack, api: ManagementApi) -> Generator[PublishDriver]:
    """The functions on the tables."""
    one = PublishDriver(api)
    yield one
    one.close()
