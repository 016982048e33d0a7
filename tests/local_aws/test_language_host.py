"""What a person sees of a Pulumi program that runs here, and of one that fails."""

from pathlib import Path

import pytest

from pulumi_local_aws.engine import Engine
from pulumi_local_aws.errors import EngineError

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


def _project(engine: Engine, folder: Path, name: str, program: str) -> Path:
    folder.joinpath("Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    folder.joinpath("__main__.py").write_text(program)
    engine.select("test", folder)
    return folder


def test_a_program_prints_reads_its_config_and_exports(engine: Engine, tmp_path: Path) -> None:
    program = """
import sys, helper, pulumi
config = pulumi.Config()
print("hello from", pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.is_dry_run())
print("and on the other stream", file=sys.stderr)
pulumi.export("plain", config.require("plain"))
pulumi.export("secret", config.require_secret("secret"))
pulumi.export("helped", helper.VALUE)
"""
    (tmp_path / "helper.py").write_text("VALUE = 42\n")
    folder = _project(engine, tmp_path, "talkative", program)
    engine.run(folder, "config", "set", "plain", "one", "--stack", "test")
    engine.run(folder, "config", "set", "--secret", "secret", "two", "--stack", "test")
    said = engine.preview("test", folder).output
    assert "hello from talkative test True" in said
    assert "and on the other stream" in said
    engine.up("test", folder)
    assert engine.outputs("test", folder) == {"plain": "one", "secret": "[secret]", "helped": 42}
    assert engine.outputs("test", folder, show_secrets=True)["secret"] == "two"


def test_a_program_that_raises_shows_its_own_line_and_not_the_hosts(engine: Engine, tmp_path: Path) -> None:
    program = "def broken():\n    raise ValueError('not today')\n\nbroken()\n"
    folder = _project(engine, tmp_path, "broken", program)
    with pytest.raises(EngineError) as caught:
        engine.up("test", folder)
    assert "ValueError: not today" in str(caught.value)
    assert '__main__.py", line 4' in str(caught.value)
    assert "emulator/pulumi_local_aws/program.py" not in str(caught.value)


def test_a_program_that_exits_early_is_reported(engine: Engine, tmp_path: Path) -> None:
    folder = _project(engine, tmp_path, "early", "import os\nos._exit(7)\n")
    with pytest.raises(EngineError, match="exit status 7"):
        engine.up("test", folder)


def test_a_state_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(EngineError, match=r"Cannot write to .*file"):
        Engine.prepare({}, state=blocker / "state")
