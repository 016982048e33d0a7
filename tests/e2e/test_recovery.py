"""`make up` after a kill, beside another one, on a taken port: a clear line, and the next run succeeds."""

import os
import re
import signal
import socket
from collections.abc import Generator
from pathlib import Path

import pytest

from pulumi_local_aws.engine_build import find_cli
from pulumi_local_aws.processes import group_is_alive, wait_until
from tests.e2e.make_runner import COMMAND_SECONDS, MakeRunner
from tests.support.documented_commands import blocks
from tools.dev_stack.paths import ROOT

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Generator[MakeRunner]:
    """Runs commands in a folder of this module; nothing keeps running after it."""
    if os.environ.get("E2E_OUTPUTS"):
        pytest.skip("about `make up`, not about a deployed stack")
    if find_cli() is None:
        pytest.skip("there is no Pulumi CLI here")
    made = MakeRunner(tmp_path_factory.mktemp("recovery"))
    yield made
    made.finish("down")


def test_an_up_after_a_killed_one_deploys_again(runner: MakeRunner) -> None:
    with runner.start("up") as process:
        runner.until_deploying(process)
        os.killpg(process.pid, signal.SIGKILL)
    assert "was interrupted" in runner.finish("up")


def test_a_second_up_changes_nothing(runner: MakeRunner) -> None:
    output = runner.finish("up")
    (line,) = [line for line in output.splitlines() if "Resources:" in line]
    assert line.strip().startswith("Resources: ")
    assert line.endswith(" unchanged")
    assert "," not in line


def test_the_demo_prints_what_the_readme_shows(runner: MakeRunner) -> None:
    (shown,) = [text for language, text in blocks(ROOT / "README.md") if language == "text"]
    printed = runner.finish("demo").partition("\n\n")[0]
    assert _without_names(printed) == _without_names(shown.rstrip("\n"))


def test_a_second_up_at_the_same_time_names_the_first(runner: MakeRunner) -> None:
    """The first one is frozen meanwhile, so that it cannot end before the second one begins."""
    with runner.start("up") as first:
        lock = runner.run / "lock"

        def holds_lock() -> bool:
            return lock.exists() and f"pid {first.pid}" in lock.read_text()

        assert wait_until(holds_lock, COMMAND_SECONDS)
        os.killpg(first.pid, signal.SIGSTOP)
        try:
            refused = runner.finish("up", code=1)
        finally:
            os.killpg(first.pid, signal.SIGCONT)
        assert f"make up (pid {first.pid}) is running" in refused
        assert first.communicate(timeout=COMMAND_SECONDS)[0]
    assert first.returncode == 0


def test_an_emulator_that_died_is_replaced_and_the_stack_deployed_again(runner: MakeRunner) -> None:
    os.killpg(runner.pid("emulator"), signal.SIGKILL)
    assert "Deploying the stack again" in runner.finish("up")


def test_an_emulator_killed_during_an_update_is_reported_and_replaced(runner: MakeRunner) -> None:
    os.killpg(runner.pid("emulator"), signal.SIGKILL)
    with runner.start("up") as process:
        runner.until_deploying(process)
        os.killpg(runner.pid("emulator"), signal.SIGKILL)
        output = process.communicate(timeout=COMMAND_SECONDS)[0]
    assert process.returncode == 1
    assert "Traceback" not in output
    assert "the local AWS died" in output
    runner.finish("up")


def test_down_leaves_nothing_running_and_can_be_repeated(runner: MakeRunner) -> None:
    groups = [runner.pid(name) for name in ("emulator", "gateway")]
    assert "emulator" in runner.finish("down")
    assert not any(group_is_alive(group) for group in groups)
    assert runner.finish("down").strip() == "Nothing was running."


def test_a_taken_port_is_named_with_its_variable(runner: MakeRunner) -> None:
    port = int(runner.environment["EMULATOR_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        refused = runner.finish("up", code=1)
    assert f"port {port}, for the local AWS (MiniStack), is taken" in refused
    assert "EMULATOR_PORT" in refused
    assert len(refused.strip().splitlines()) == 1


def test_a_state_folder_that_cannot_be_written_is_one_line(runner: MakeRunner, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    elsewhere = MakeRunner(blocked / "local")
    refused = elsewhere.finish("up", code=1)
    assert "not a directory" in refused
    assert len(refused.strip().splitlines()) == 1


def _without_names(text: str) -> str:
    """Replace what differs from stack to stack: ids and ports."""
    return re.sub(r"us-east-1_\w+|:\d+/|execute-api/\w+|[a-z]+-[a-z]+-\d{3}", "...", text)
