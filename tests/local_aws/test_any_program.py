"""The command `local-aws` from its built wheel, on a program in a folder outside this tree."""

import json
import os
import subprocess
import threading
import zipfile
from collections.abc import Generator
from pathlib import Path

import pytest

from pulumi_local_aws.engine_build import find_cli
from pulumi_local_aws.ministack import DEFAULT_PYTHON
from pulumi_local_aws.processes import free_port, group_is_alive, wait_until
from pulumi_local_aws.stack.background import Record
from tests.support.wheels import REPOSITORY, build_wheel, virtual_environment

SECONDS = 240.0
"""More than any of these commands takes on two busy cores."""
LIVE = [
    pytest.mark.emulator,
    pytest.mark.engine,
    pytest.mark.skipif(find_cli() is None, reason="there is no Pulumi CLI here"),
    pytest.mark.skipif(not DEFAULT_PYTHON.exists(), reason="MiniStack is not installed"),
]

PROGRAM = """\
import json, pulumi, pulumi_aws as aws
trust = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
role = aws.iam.Role("echo", assume_role_policy=policy)
code = pulumi.AssetArchive({"app.py": pulumi.FileAsset("app.py")})
function = aws.lambda_.Function("echo", runtime="python3.13", handler="app.handler", role=role.arn, code=code)
pulumi.export("function", function.name)
pulumi.export("password", pulumi.Output.secret("not shown"))
"""
HANDLER = """\
def handler(event, context):
    print("the function was called")
    return {"greeting": "GREETING"}
"""
TESTS = """\
import json
import os

def test_the_deployed_function_answers(local_stack):
    name = local_stack.outputs["function"]
    answer = local_stack.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert json.load(answer["Payload"]) == {"greeting": "hello"}
    assert local_stack.outputs["password"] == "not shown"
    assert os.environ["AWS_ENDPOINT_URL"] == local_stack.environment["AWS_ENDPOINT_URL"]

def test_the_gateway_is_controlled(local_stack):
    with local_stack.gateway.faster(60), local_stack.gateway.faults({"fault": "callbackGone"}):
        assert local_stack.gateway.connections() == []
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(REPOSITORY / "emulator", tmp_path_factory.mktemp("dist"))


class Consumer:
    """A folder with a Pulumi program, and a virtual environment with the wheel."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder / "echo"
        self.venv = folder / "venv"
        self.folder.mkdir()
        constraints = ("--constraint", REPOSITORY / "requirements" / "dev.txt")
        virtual_environment(self.venv, *constraints, wheel, "pulumi-aws", "pytest")
        ports = {"EMULATOR_PORT": str(free_port()), "WEBSOCKET_PORT": str(free_port())}
        left_out = {"PYTHONPATH", "VIRTUAL_ENV", "LOCAL_FOLDER"}
        self.environment = {k: v for k, v in os.environ.items() if k not in left_out} | ports
        self.write("Pulumi.yaml", "name: echo\nruntime: python\n")
        self.write("__main__.py", PROGRAM)
        self.write("app.py", HANDLER.replace("GREETING", "hello"))
        self.write("test_echo.py", TESTS)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.venv / "bin" / "local-aws", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, status: int = 0) -> str:
        with self.start(*arguments) as process:
            output = process.communicate(timeout=SECONDS)[0]
        assert process.returncode == status, output
        assert "Traceback" not in output, output
        return output


def read_until(process: "subprocess.Popen[str]", expected: str) -> str:
    """What the process printed up to the expected text, or to its end."""
    seen = ""
    for line in process.stdout or ():
        seen += line
        if expected in line:
            break
    return seen


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Generator[Consumer]:
    made = Consumer(tmp_path_factory.mktemp("consumer"), wheel)
    yield made
    made.run("down")


def test_the_wheel_has_what_it_needs_and_nothing_of_this_tree(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())
        (entry_points,) = [name for name in names if name.endswith("entry_points.txt")]
        points = content.read(entry_points).decode()
        (metadata,) = [name for name in names if name.endswith("/METADATA")]
        described = content.read(metadata).decode()
    data = {"py.typed", "ministack.txt", "cli_module/go.mod", "cli_module/go.sum", "provider/upstream.json"}
    assert {f"pulumi_local_aws/{name}" for name in data} <= names
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"pulumi_local_aws"}
    assert "local-aws = pulumi_local_aws.__main__:main" in points
    assert "[pytest11]" in points
    assert "License-Expression: Apache-2.0" in described
    assert not [name for name in names if "__pycache__" in name]


class TestAnyProgram:
    """Each command in the order in which a person uses it."""

    pytestmark = LIVE

    def test_a_folder_without_a_program_is_one_line(self, consumer: Consumer, tmp_path: Path) -> None:
        output = consumer.run("up", "--cwd", str(tmp_path), status=1)
        assert f"local-aws up: There is no Pulumi.yaml in {tmp_path} or above it" in output
        assert len(output.strip().splitlines()) == 1

    def test_up_deploys_and_a_second_up_changes_nothing(self, consumer: Consumer) -> None:
        first = consumer.run("up")
        assert "+ 3 created" in first
        assert f"http://127.0.0.1:{consumer.environment['EMULATOR_PORT']}" in first
        assert "Resources: 3 unchanged" in consumer.run("up")

    def test_what_up_leaves_is_readable_by_its_owner_alone(self, consumer: Consumer) -> None:
        local = consumer.folder / ".local"
        assert local.stat().st_mode & 0o777 == 0o700
        secrets = ("env", "outputs.json", "emulator-keys", "passphrase", "stack/Pulumi.local.yaml")
        assert {(local / name).stat().st_mode & 0o777 for name in secrets} == {0o600}
        assert {path.stat().st_mode & 0o77 for path in local.iterdir() if path.is_dir()} == {0}
        assert json.loads((local / "outputs.json").read_text())["password"] == "not shown"
        assert "AWS_ENDPOINT_URL" in (local / "env").read_text()

    def test_pytest_gets_the_deployed_program_by_a_fixture(self, consumer: Consumer) -> None:
        python = str(consumer.venv / "bin" / "python")
        assert "2 passed" in consumer.run("test", "--", python, "-m", "pytest", "-q")
        assert consumer.run("test", "--", python, "-c", "raise SystemExit(3)", status=3)

    def test_status_and_logs_show_what_happened(self, consumer: Consumer) -> None:
        assert "emulator   pid" in consumer.run("status")
        assert "the function was called" in consumer.run("logs")

    def test_watch_deploys_an_edit_and_survives_a_broken_one(self, consumer: Consumer) -> None:
        edits = (
            ("__main__.py", "raise RuntimeError('half way')\n", "half way"),
            ("__main__.py", PROGRAM, "unchanged"),
            ("app.py", HANDLER.replace("GREETING", "bonjour"), "1 updated"),
        )
        with consumer.start("watch") as watch:
            limit = threading.Timer(SECONDS, watch.kill)
            limit.start()
            try:
                assert "Watching" in read_until(watch, "Watching")
                for name, text, expected in edits:
                    consumer.write(name, text)
                    assert expected in read_until(watch, expected)
            finally:
                limit.cancel()
                watch.terminate()

    def test_down_leaves_no_file_and_no_process(self, consumer: Consumer) -> None:
        records = [Record.load(consumer.folder / ".local" / "run", name) for name in ("emulator", "gateway")]
        groups = [record.pid for record in records if record]
        assert len(groups) == 2
        assert "Stopped: gateway, emulator." in consumer.run("down")
        assert wait_until(lambda: not any(map(group_is_alive, groups)), SECONDS)
        assert not (consumer.folder / ".local").exists()
        assert "Nothing was running." in consumer.run("down")
        assert consumer.run("status", status=1)

    def test_test_takes_down_a_stack_that_was_not_up(self, consumer: Consumer) -> None:
        consumer.write("app.py", HANDLER.replace("GREETING", "hello"))
        output = consumer.run("test", "--", str(consumer.venv / "bin" / "python"), "-m", "pytest", "-q")
        assert "2 passed" in output
        assert not (consumer.folder / ".local").exists()
