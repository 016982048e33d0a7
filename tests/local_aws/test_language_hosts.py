"""Finding or building a language host, with a stand-in for Go."""

from pathlib import Path

import pytest

from pulumi_local_aws.cache import CLI_MODULE, YAML_MODULE, built_host
from pulumi_local_aws.errors import EngineUnavailable
from pulumi_local_aws.language_hosts import HOSTS, ensure_host
from pulumi_local_aws.launchers import write_launchers


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An otherwise empty PATH, and an empty cache."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("LOCAL_AWS_CACHE", str(tmp_path / "cache"))
    return folder


def _tool(path: Path, name: str, script: str) -> Path:
    tool = path / name
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    return tool


def test_the_modules_pin_the_versions_that_messages_name() -> None:
    pinned = (YAML_MODULE / "go.mod").read_text()
    assert f"github.com/pulumi/pulumi-yaml v{HOSTS['yaml'].version} " in pinned
    source = (CLI_MODULE / "language_nodejs" / "main.go").read_text()
    assert f'const version = "{HOSTS["nodejs"].version}"' in source


@pytest.mark.usefixtures("path")
def test_a_runtime_without_a_host_here_is_left_to_the_engine() -> None:
    assert ensure_host("java") is None


def test_a_host_on_path_comes_first(path: Path) -> None:
    host = _tool(path, "pulumi-language-yaml", "exit 0")
    assert ensure_host("yaml") == host


@pytest.mark.usefixtures("path")
def test_without_go_the_error_names_the_host_and_what_to_do() -> None:
    with pytest.raises(
        EngineUnavailable, match=r"no YAML language host on PATH and no Go.*pulumi-language-yaml"
    ):
        ensure_host("yaml", lambda _: None)


def test_a_host_is_built_once_and_offered_to_the_engine(path: Path, tmp_path: Path) -> None:
    (path / "chmod").symlink_to("/bin/chmod")
    script = (
        'for a in "$@"; do [ "$p" = -o ] && out=$a; p=$a; done; echo "#!/bin/sh" > "$out"; chmod 755 "$out"'
    )
    go = _tool(path, "go", script)
    host = built_host("yaml", YAML_MODULE) / "pulumi-language-yaml"
    assert ensure_host("yaml", lambda _: None) == host
    go.unlink()
    assert ensure_host("yaml") == host
    write_launchers(tmp_path / "home", hosts_of="3.274.1", hosts=[host])
    offered = tmp_path / "home" / "plugins" / "language-yaml-v3.274.1" / "pulumi-language-yaml"
    assert offered.resolve() == host
