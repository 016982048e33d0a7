"""The pytest plugin: the fixture `local_stack`, this project's Pulumi program deployed on a local AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from pulumi_local_aws.stack.deployed_program import DeployedProgram


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the ini value that name the project's folder."""
    group = parser.getgroup("local-aws")
    group.addoption("--local-aws-project", help="the folder of the Pulumi program for `local_stack`")
    parser.addini("local_aws_project", "the folder of the Pulumi program for `local_stack`", default=".")


@pytest.fixture(scope="session")
def local_stack(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Generator[DeployedProgram]:
    """The deployed program: that of a running `local-aws up`, else one that ends with the tests.

    The tests are skipped if there is no Pulumi CLI and none can be built.
    """
    # Imported here: pytest loads the plugin in every run, also of tests that do not use it.
    from pulumi_local_aws.errors import EngineUnavailable  # noqa: PLC0415
    from pulumi_local_aws.stack.program_for_tests import program_for_tests  # noqa: PLC0415

    named = pytestconfig.getoption("--local-aws-project") or pytestconfig.getini("local_aws_project")
    folder = (pytestconfig.rootpath / Path(str(named))).resolve()
    try:
        with program_for_tests(folder, tmp_path_factory.mktemp("local-aws")) as program:
            yield program
    except EngineUnavailable as error:
        pytest.skip(str(error))
