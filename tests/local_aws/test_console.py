"""A failure that can be expected is one clear line, never a traceback."""

import errno
import sys
from pathlib import Path

import pytest

from pulumi_local_aws.console import run_command, run_logged
from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.stack.layout import Layout


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "no space left on device"), (errno.EROFS, "read-only file system")],
)
def test_a_full_or_read_only_folder_is_one_line(
    number: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def main() -> int:
        raise OSError(number, said.capitalize(), "/somewhere/.local/state")

    assert run_command("make up", main) == 1
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert said in shown
    assert "/somewhere/.local/state" in shown


def test_an_unexpected_error_is_not_hidden() -> None:
    def main() -> int:
        raise ValueError("a mistake of ours")

    with pytest.raises(ValueError, match="a mistake of ours"):
        run_command("make up", main)


def test_a_failed_tool_shows_the_end_of_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('x' * 3); raise SystemExit(7)"]
    with pytest.raises(CommandError, match=r"exit code 7[\s\S]*xxx[\s\S]*step\.log"):
        run_logged(command, log=tmp_path / "logs" / "step.log", cwd=tmp_path)


def test_a_missing_tool_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no-such-tool is not installed\. Install it"):
        run_logged(["no-such-tool"], log=tmp_path / "log", cwd=tmp_path, hint="Install it.")


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "٤٥"])
def test_a_port_that_is_none_is_refused_by_its_variable(text: str) -> None:
    with pytest.raises(CommandError, match="EMULATOR_PORT"):
        Layout.of(Path(), {"EMULATOR_PORT": text})


def test_ports_come_from_the_environment() -> None:
    layout = Layout.of(Path(), {"EMULATOR_PORT": "14566", "WEBSOCKET_PORT": ""})
    assert (layout.emulator_port, layout.websocket_port) == (14566, 4510)
