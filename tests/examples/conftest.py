"""An example in a folder of its own, with the built wheels, on a local AWS with a WebSocket gateway."""

import os
import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pulumi_local_aws.engine import STATE_AT_THE_END, Engine
from pulumi_local_aws.errors import EngineUnavailable
from pulumi_local_aws.launchers import TESTED_VERSION
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.stack.project import Project
from tests.support.local_gateway import local_gateway
from tests.support.wheels import REPOSITORY, UV, build_wheel, virtual_environment

STACK = "test"
PLUGIN = "../venv/bin/pulumi-resource-websocket_sessions"
"""The plugin of the wheel, from the folder of an example's program in another language."""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with both wheels and pytest, at the pinned versions, and nothing of this tree."""
    wheels = [
        build_wheel(source, tmp_path_factory.mktemp("dist"))
        for source in (REPOSITORY, REPOSITORY / "emulator")
    ]
    folder = tmp_path_factory.mktemp("installed") / "venv"
    pinned = REPOSITORY / "requirements" / "dev.txt"
    return virtual_environment(folder, "--constraint", pinned, *wheels, "pytest")


@pytest.fixture(scope="session")
def gateway(emulator: MiniStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a gateway in front of the emulator."""
    with local_gateway(emulator, tmp_path_factory.mktemp("gateway") / "log") as address:
        yield address


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """An example that is deployed: its outputs, and the variables of the AWS that it is on."""

    outputs: Mapping[str, Any]
    aws: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Deploys copies of examples, each with a virtual environment `venv` that has the wheels."""

    state: Path
    variables: Mapping[str, str]
    aws: Mapping[str, str]
    folder: Path

    @contextmanager
    def deployed(
        self, name: str, language: str = "", config: Mapping[str, str] | None = None
    ) -> Generator[Deployed]:
        """Deploy an example, in Python or another language; destroy it, and check that no resource is left.

        `config` is the stack's, by the keys of the example's own namespace.

        The test is skipped if the language's host cannot be built here.
        """
        copied = copy_example(name, self.folder)
        (copied / "venv").symlink_to(self.variables["VIRTUAL_ENV"])
        project = copied / language
        described = Project.read(project / "Pulumi.yaml")
        if described.runtime == "nodejs":
            self.engine(described).run(project, "package", "add", PLUGIN)
        engine = self.engine(described)
        engine.select(STACK, project)
        try:
            engine.up(STACK, project, *(f"--config={key}={value}" for key, value in (config or {}).items()))
            yield Deployed(outputs=engine.outputs(STACK, project), aws=self.aws)
        finally:
            engine.destroy(STACK, project)
        assert not engine.export(STACK, project)["deployment"].get("resources")

    def engine(self, project: Project) -> Engine:
        """Return the engine for a program, with the plugin of the AWS package that the program has installed.

        The test is skipped if the language's host cannot be built here.
        """
        versions, runtimes = (project.aws_version(), TESTED_VERSION), (project.runtime,)
        try:
            engine = Engine.prepare(self.aws, state=self.state, versions=versions, runtimes=runtimes)
        except EngineUnavailable as error:
            pytest.skip(str(error))
        path = os.pathsep.join([engine.environment["PATH"], str(UV.parent)])
        return engine.with_environment({**self.variables, **STATE_AT_THE_END, "PATH": path})


def copy_example(name: str, folder: Path) -> Path:
    """Return a copy of an example in a folder outside this repository."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(REPOSITORY / "examples" / name, folder / name, ignore=ignored)


@pytest.fixture(scope="session")
def variables(gateway: str, installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment of all programs. They share what is downloaded and built, so that it is made once."""
    return {
        "EMULATOR_WEBSOCKET_URL": gateway,
        "VIRTUAL_ENV": str(installed),
        "WEBSOCKET_SESSIONS_CACHE": str(tmp_path_factory.mktemp("archives")),
        "npm_config_prefer_offline": "true",
    }


@pytest.fixture
def examples(engine: Engine, emulator: MiniStack, variables: Mapping[str, str], tmp_path: Path) -> Examples:
    return Examples(state=engine.state, variables=variables, aws=emulator.environment, folder=tmp_path)
