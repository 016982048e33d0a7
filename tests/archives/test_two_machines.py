"""The same sources give the same archives, whatever Python builds them and whatever tool downloads."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.archives.conftest import REPOSITORY

VERSIONS = ("3.12", "3.13")
HANDLERS = ("authorize", "create_session")


def interpreter(version: str) -> str:
    candidates = [shutil.which(f"python{version}") or "", *map(str, pyenv_interpreters(version))]
    for path in filter(None, candidates):
        if subprocess.run([path, "-c", "import pip"], capture_output=True, check=False).returncode == 0:
            return path
    pytest.skip(f"no Python {version} with pip on this machine")


def pyenv_interpreters(version: str) -> list[Path]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return sorted(root.glob(f"versions/{version}.*/bin/python{version}"))


def run_build(
    python: str, folder: Path, *arguments: str, path: str = os.defpath
) -> subprocess.CompletedProcess[str]:
    """Build in a new folder, with `path` as the whole PATH and no other Python path than the package's."""
    folder.mkdir()
    environment = {
        "HOME": os.environ["HOME"],
        "PATH": path,
        "PYTHONPATH": str(REPOSITORY / "components"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYENV_ROOT": os.environ.get("PYENV_ROOT", ""),
        **{name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))},
    }
    chosen = [part for handler in HANDLERS for part in ("--handler", handler)]
    return subprocess.run(
        [python, "-m", "websocket_sessions.archives", "build", *chosen, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: sha256(path.read_bytes()).hexdigest() for path in sorted((folder / "archives").iterdir())
    }


@pytest.fixture
def uv_path(tmp_path: Path) -> str:
    folder = tmp_path / "uv-on-path"
    folder.mkdir()
    (folder / "uv").symlink_to(Path(sys.executable).parent / "uv")
    return os.pathsep.join([str(folder), os.defpath])


@pytest.mark.parametrize("bytecode", ["--bytecode", "--no-bytecode"])
def test_two_interpreters_build_the_same_bytes(bytecode: str, tmp_path: Path) -> None:
    built: list[dict[str, str]] = []
    for version in VERSIONS:
        done = run_build(interpreter(version), tmp_path / version, bytecode)
        assert done.returncode == 0, done.stderr
        built.append(digests(tmp_path / version))
    assert built[0] == built[1]
    assert set(built[0]) == {f"{handler}.zip" for handler in HANDLERS}


def test_uv_and_pip_download_the_same_files(uv_path: str, tmp_path: Path) -> None:
    by_pip = run_build(interpreter("3.13"), tmp_path / "pip")
    by_uv = run_build(interpreter("3.13"), tmp_path / "uv", path=uv_path)
    assert (by_pip.returncode, by_uv.returncode) == (0, 0), by_pip.stderr + by_uv.stderr
    assert digests(tmp_path / "pip") == digests(tmp_path / "uv")


def test_a_virtual_environment_without_pip_builds_by_uv(uv_path: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    done = run_build(python, tmp_path / "with-uv", "--no-bytecode", path=uv_path)
    assert done.returncode == 0, done.stderr
    without = run_build(python, tmp_path / "without-uv", "--no-bytecode")
    assert without.returncode == 1
    assert without.stderr.startswith("websocket_sessions.archives: Neither uv nor pip is available")
    assert without.stderr.count("\n") == 1


def test_a_missing_interpreter_stops_the_build_in_one_line(tmp_path: Path) -> None:
    """Silently leaving the bytecode out would give this machine other bytes than the next."""
    done = run_build(sys.executable, tmp_path / "folder", "--runtime", "python3.99")
    assert done.returncode == 1
    assert done.stderr.startswith("websocket_sessions.archives: Python 3.99 is missing")
    assert "lambdaBytecode" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_archives_package_loads_no_third_party_package() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(REPOSITORY / 'components')!r})\n"
        "import websocket_sessions.archives\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["__main__", "websocket_sessions"]
