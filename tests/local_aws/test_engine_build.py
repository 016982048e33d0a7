"""Finding or building the CLI, with a stand-in for Go."""

from pathlib import Path

import pytest

from pulumi_local_aws.engine_build import PACKAGE, build_cli, find_cli, pinned_version
from pulumi_local_aws.errors import EngineUnavailable


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An otherwise empty PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _tool(path: Path, name: str, script: str) -> Path:
    tool = path / name
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    return tool


def test_the_module_pins_the_version_that_is_built() -> None:
    assert pinned_version() == "3.274.1"


def test_a_cli_on_path_comes_first(path: Path, tmp_path: Path) -> None:
    built = _tool(tmp_path, "pulumi", "exit 0")
    assert find_cli(built) == built
    assert find_cli(_tool(path, "pulumi", "exit 0")) == path / "pulumi"
    assert find_cli(built) == path / "pulumi"


@pytest.mark.usefixtures("path")
def test_without_a_cli_and_without_go_it_says_what_to_install(tmp_path: Path) -> None:
    assert find_cli(tmp_path / "pulumi") is None
    with pytest.raises(EngineUnavailable, match="no Pulumi CLI on PATH and no Go"):
        build_cli(tmp_path / "pulumi", report=lambda _: None)


def test_a_module_that_is_not_served_is_a_reason_to_skip(path: Path, tmp_path: Path) -> None:
    _tool(path, "go", "echo 'verifying module: 403 Forbidden' >&2; exit 1")
    with pytest.raises(EngineUnavailable, match="403 Forbidden"):
        build_cli(tmp_path / "pulumi", report=lambda _: None)
    assert not (tmp_path / "pulumi").exists()


def test_a_build_is_told_about_and_put_in_place_whole(path: Path, tmp_path: Path) -> None:
    script = f'for a in "$@"; do last=$a; [ "$p" = -o ] && out=$a; p=$a; done; [ "$last" = {PACKAGE} ]'
    Path(path / "chmod").symlink_to("/bin/chmod")
    _tool(path, "go", f'{script} && echo "#!/bin/sh" > "$out" && chmod 755 "$out" && echo some/package')
    said: list[str] = []
    target = build_cli(tmp_path / "out" / "pulumi", report=said.append)
    assert find_cli(target) == target
    assert "Building the Pulumi CLI 3.274.1" in said[0]
    assert "built in" in said[-1]
    assert build_cli(target, report=said.append) == target
    assert len(said) == 2
