"""What a person sees of a Pulumi program that runs here, and of one that fails."""

from pathlib import Path

import pytest

from pulumi_local_aws.engine import Engine
from pulumi_local_aws.errors import EngineError
from pulumi_local_aws.language_host import install_commands

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


def test_a_program_sees_the_users_pythonpath(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "team_conventions.py").write_text("OWNER = 'platform'\n")
    # A module of the user's that would shadow one of the plugins' own packages.
    (shared / "grpc.py").write_text("raise ImportError('shadowed')\n")
    (tmp_path / "program").mkdir()
    program = "import sys\nprint('on the path:', sys.path)\n"
    folder = _project(engine, tmp_path / "program", "conventions", program)
    with_path = engine.with_environment({"PYTHONPATH": str(shared)})
    said = with_path.preview("test", folder, check=False).output
    assert "shadowed" in said, "the program's own interpreter has the user's PYTHONPATH"
    (shared / "grpc.py").unlink()
    (folder / "__main__.py").write_text("import team_conventions\nprint(team_conventions.OWNER)\n")
    assert "platform" in with_path.preview("test", folder).output


def test_pulumi_install_makes_the_virtual_environment_that_the_project_names(
    engine: Engine, tmp_path: Path
) -> None:
    options = "runtime:\n  name: python\n  options:\n    toolchain: pip\n    virtualenv: venv\n"
    (tmp_path / "Pulumi.yaml").write_text(f"name: installed\n{options}")
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "__main__.py").write_text("")
    engine.select("test", tmp_path)
    with pytest.raises(EngineError, match=r"virtual environment .*venv is missing: run `pulumi install`"):
        engine.preview("test", tmp_path)
    engine.run(tmp_path, "install", "--no-plugins")
    assert (tmp_path / "venv" / "bin" / "python").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"toolchain": "uv"}, [["uv", "sync"]]),
        ({"toolchain": "poetry"}, [["poetry", "install", "--no-ansi"]]),
    ],
)
def test_a_toolchain_installs_its_own_way(
    options: dict[str, str], expected: list[list[str]], tmp_path: Path
) -> None:
    assert install_commands(tmp_path, options) == expected
