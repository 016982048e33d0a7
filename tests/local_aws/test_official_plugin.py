"""`local-aws up --official-plugin`: the engine uses the user's own AWS plugin, led to the emulator."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest
import yaml

from pulumi_local_aws.aws import client
from pulumi_local_aws.engine_build import find_cli
from pulumi_local_aws.launchers import PROVIDER, TESTED_VERSION, VERSION_VARIABLE
from pulumi_local_aws.ministack import DEFAULT_PYTHON
from pulumi_local_aws.processes import free_port
from pulumi_local_aws.stack import services
from pulumi_local_aws.stack.layout import Layout
from tests.support.wheels import REPOSITORY

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.engine,
    pytest.mark.skipif(find_cli() is None, reason="there is no Pulumi CLI here"),
    pytest.mark.skipif(not DEFAULT_PYTHON.exists(), reason="MiniStack is not installed"),
]
SECONDS = 240.0
PROGRAM = """\
import pulumi
import pulumi_aws as aws

queue = aws.sqs.Queue("orders", visibility_timeout_seconds=40)
pulumi.export("url", queue.url)
"""


class Program:
    """A program with a queue, in a folder of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        left_out = {"PYTHONPATH", "LOCAL_FOLDER", "PULUMI_HOME"}
        inherited = {name: value for name, value in os.environ.items() if name not in left_out}
        ports = {"EMULATOR_PORT": str(free_port()), "WEBSOCKET_PORT": str(free_port())}
        self.environment = {**inherited, **ports, **environment}
        folder.mkdir()
        (folder / ".venv").symlink_to(REPOSITORY / ".venv")
        options = {"toolchain": "pip", "virtualenv": ".venv"}
        project = {"name": "orders", "runtime": {"name": "python", "options": options}}
        (folder / "Pulumi.yaml").write_text(json.dumps(project))
        (folder / "__main__.py").write_text(PROGRAM)

    def run(self, *arguments: str) -> str:
        """Run `local-aws`; return its output."""
        done = subprocess.run(
            [sys.executable, "-m", "pulumi_local_aws", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def check(self) -> None:
        """Deploy twice, and find the queue on the emulator."""
        self.run("up", "--official-plugin")
        layout = Layout.of(self.folder, self.environment)
        config = yaml.safe_load((layout.stack / "Pulumi.local.yaml").read_text())["config"]
        assert config["aws:endpoints"][0]["sqs"] == layout.emulator_url
        access_key, secret_key = services.load_keys(layout)
        emulator = {
            "AWS_ENDPOINT_URL": layout.emulator_url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
        }
        queues = client("sqs", emulator)
        (url,) = queues.list_queues()["QueueUrls"]
        attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        assert attributes["Attributes"]["VisibilityTimeout"] == "40"
        assert "2 unchanged" in self.run("up", "--official-plugin")


@pytest.fixture
def program(tmp_path: Path) -> Generator[Program]:
    """The program, with a PULUMI_HOME in which no other test finds anything."""
    made = Program(tmp_path / "orders", {"PULUMI_HOME": str(tmp_path / "pulumi-home")})
    yield made
    made.run("down")


def test_the_plugin_on_path_deploys_to_the_emulator(program: Program, tmp_path: Path) -> None:
    """This project's provider stands in for the official plugin, as an executable of its name on PATH."""
    started = tmp_path / "started"
    plugin = tmp_path / "bin" / PROVIDER
    plugin.parent.mkdir()
    plugin.write_text(
        f"#!/bin/sh\necho started >> {started}\nexport {VERSION_VARIABLE}={TESTED_VERSION}\n"
        f'exec {sys.executable} -E -P -u -m pulumi_local_aws.provider "$@"\n'
    )
    plugin.chmod(0o755)
    program.environment["PATH"] = f"{plugin.parent}{os.pathsep}{program.environment['PATH']}"
    program.check()
    assert started.read_text().startswith("started")


@pytest.mark.skipif(shutil.which(PROVIDER) is None, reason=f"the official {PROVIDER} is not on PATH")
def test_the_official_plugin_deploys_to_the_emulator(program: Program) -> None:
    program.check()
