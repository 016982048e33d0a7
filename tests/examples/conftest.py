"""An example in a folder of its own, with the built wheel, on a local AWS with a WebSocket gateway."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pulumi_local_aws.engine import Engine
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.processes import free_port, port_is_free, wait_until
from tests.package.conftest import UV, consumer, distributions, wheel

__all__ = ["consumer", "distributions", "wheel"]

REPOSITORY = Path(__file__).resolve().parents[2]
STACK = "test"


@pytest.fixture(scope="session")
def gateway(emulator: MiniStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a gateway in front of the emulator."""
    port = free_port()
    command = [sys.executable, "-m", "pulumi_local_aws", "gateway", "--port", str(port)]
    log = tmp_path_factory.mktemp("gateway") / "log"
    environment = {**os.environ, **emulator.environment, "PYTHONPATH": str(REPOSITORY / "emulator")}
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        assert wait_until(lambda: not port_is_free(port, "127.0.0.1"), 30), log.read_text()
        yield f"ws://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


class Examples:
    """Deploys examples with the wheel's interpreter."""

    def __init__(self, engine: Engine, gateway: str, consumer: Path, folder: Path) -> None:
        self._engine = engine.with_environment(
            {
                "EMULATOR_WEBSOCKET_URL": gateway,
                "PATH": os.pathsep.join([engine.environment["PATH"], str(UV.parent)]),
            }
        )
        self._venv = consumer.parent.parent
        self._folder = folder

    @contextmanager
    def deployed(self, name: str) -> Generator[dict[str, object]]:
        """Deploy an example and give its outputs; destroy it, and check that nothing is left of it."""
        project = self._folder / name
        shutil.copytree(REPOSITORY / "examples" / name, project, ignore=shutil.ignore_patterns("__pycache__"))
        (project / "venv").symlink_to(self._venv)
        self._engine.select(STACK, project)
        try:
            self._engine.up(STACK, project)
            yield self._engine.outputs(STACK, project)
        finally:
            self._engine.destroy(STACK, project)
        assert not self._engine.export(STACK, project)["deployment"].get("resources")


@pytest.fixture
def examples(engine: Engine, gateway: str, consumer: Path, tmp_path: Path) -> Examples:
    return Examples(engine, gateway, consumer, tmp_path)
