"""`make up` after a kill, beside another one, on a taken port: a clear line, and the next run mends it."""

import os
import signal
import socket
from collections.abc import Generator
from pathlib import Path

import pytest

from pulumi_local_aws.engine_build import find_cli
from pulumi_local_aws.processes import group_is_alive, wait_until
from tests.e2e.workshop import COMMAND_SECONDS, Workshop

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Generator[Workshop]:
    """The place where it all happens; left without a process."""
    if os.environ.get("E2E_OUTPUTS"):
        pytest.skip("about `make up`, not about a deployed stack")
    if find_cli() is None:
        pytest.skip("there is no Pulumi CLI here")
    shop = Workshop(tmp_path_factory.mktemp("recovery"))
    yield shop
    shop.finish("down")


def test_a_killed_up_is_mended_by_the_next(workshop: Workshop) -> None:
    with workshop.start("up") as process:
        workshop.until_deploying(process)
        os.killpg(process.pid, signal.SIGKILL)
    assert "cut short" in workshop.finish("up")


def test_a_second_up_changes_nothing(workshop: Workshop) -> None:
    output = workshop.finish("up")
    (line,) = [line for line in output.splitlines() if "Resources:" in line]
    assert line.strip().startswith("Resources: ")
    assert line.endswith(" unchanged")
    assert "," not in line


def test_a_second_up_at_the_same_time_says_who_works(workshop: Workshop) -> None:
    with workshop.start("up") as first:
        held = workshop.run / "lock"
        assert wait_until(lambda: f"pid {first.pid}" in held.read_text(), COMMAND_SECONDS)
        refused = workshop.finish("up", code=1)
        assert f"make up (pid {first.pid}) is at work here" in refused
        assert first.communicate(timeout=COMMAND_SECONDS)[0]
    assert first.returncode == 0


def test_an_emulator_that_died_is_replaced_and_the_stack_built_anew(workshop: Workshop) -> None:
    os.killpg(workshop.pid("emulator"), signal.SIGKILL)
    assert "built anew" in workshop.finish("up")


def test_an_emulator_killed_during_an_update_is_told_and_mended(workshop: Workshop) -> None:
    os.killpg(workshop.pid("emulator"), signal.SIGKILL)
    with workshop.start("up") as process:
        workshop.until_deploying(process)
        os.killpg(workshop.pid("emulator"), signal.SIGKILL)
        output = process.communicate(timeout=COMMAND_SECONDS)[0]
    assert process.returncode == 1
    assert "Traceback" not in output
    assert "the local AWS died" in output
    workshop.finish("up")


def test_down_leaves_nothing_running_and_can_be_repeated(workshop: Workshop) -> None:
    groups = [workshop.pid(name) for name in ("emulator", "gateway")]
    assert "emulator" in workshop.finish("down")
    assert not any(group_is_alive(group) for group in groups)
    assert workshop.finish("down").strip() == "Nothing was running."


def test_a_taken_port_is_named_with_its_variable(workshop: Workshop) -> None:
    port = int(workshop.environment["EMULATOR_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        refused = workshop.finish("up", code=1)
    assert f"port {port}, for the local AWS (MiniStack), is taken" in refused
    assert "EMULATOR_PORT" in refused
    assert len(refused.strip().splitlines()) == 1


def test_a_state_folder_that_cannot_be_written_is_one_line(workshop: Workshop, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    elsewhere = Workshop(blocked / "local")
    refused = elsewhere.finish("up", code=1)
    assert "not a directory" in refused
    assert len(refused.strip().splitlines()) == 1
