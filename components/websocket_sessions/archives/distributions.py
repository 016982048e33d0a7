"""The third-party distributions of a target: pinned, checked by hash, unpacked once into the cache."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from websocket_sessions.archives.errors import ArchiveError
from websocket_sessions.archives.target import Target

_REQUIREMENT = re.compile(r"^Requires-Dist:\s*([A-Za-z0-9._-]+)[^;\n]*(;.*)?$", re.MULTILINE)
_NOISE = {"py.typed"}
_NOISE_SUFFIXES = {".pyi", ".pyc", ".md", ".rst", ".txt"}


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """One unpacked distribution: its files (relative paths) and the distributions that it requires."""

    name: str
    files: tuple[str, ...]
    requires: frozenset[str]

    @cached_property
    def is_compiled(self) -> bool:
        """Whether it has extension modules, whose imports cannot be read from source."""
        return any(file.endswith(".so") for file in self.files)


class Distributions:
    """The distributions unpacked in one folder, found by name and by the modules that they hold."""

    def __init__(self, root: Path) -> None:
        """Read what is unpacked in `root`."""
        self.root = root
        self._by_name = {item.name: item for item in map(_read, sorted(root.glob("*.dist-info")))}
        self._by_module = {
            file.partition("/")[0].partition(".")[0]: item
            for item in self._by_name.values()
            for file in item.files
        }

    def of_module(self, module: str) -> Distribution | None:
        """Return the distribution that holds a module, or None."""
        return self._by_module.get(module.partition(".")[0])

    def closure(self, distribution: Distribution) -> Iterable[Distribution]:
        """Return a distribution and all that it requires without an extra, as far as they are pinned."""
        found: dict[str, Distribution] = {}
        pending = [distribution]
        while pending:
            item = pending.pop()
            if item.name not in found:
                found[item.name] = item
                pending.extend(self._by_name[name] for name in item.requires if name in self._by_name)
        return found.values()


def unpack(requirements: Path, target: Target, cache: Path) -> Distributions:
    """Return the distributions pinned in `requirements` for the target, downloaded where not in the cache.

    Raises ArchiveError if they cannot be downloaded: no network, or a wheel that the target lacks.
    """
    key = sha256(requirements.read_bytes() + " ".join(target.platforms).encode()).hexdigest()[:16]
    folder = cache / "wheels" / f"{target}-{key}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            _install(requirements, target, Path(scratch) / "unpacked")
            shutil.rmtree(Path(scratch) / "unpacked" / "bin", ignore_errors=True)
            _move(Path(scratch) / "unpacked", folder)
    return Distributions(folder)


def _install(requirements: Path, target: Target, folder: Path) -> None:
    command = [*_installer(target), "--target", str(folder), "--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise ArchiveError(
            f"Could not download the packages of {requirements.name} for {target}: "
            f"{said[-1] if said else f'{command[0]} failed'}"
        )


def _installer(target: Target) -> list[str]:
    """Return the command that installs wheels for the target: uv if it is on PATH, else this Python's pip.

    Raises ArchiveError if there is neither.
    """
    common = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    common += ["--python-version", target.python]
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", *common, "--no-config", "--python-platform", target.uv_platform]
    if find_spec("pip") is None:
        raise ArchiveError(
            "Neither uv nor pip is available to download the functions' packages: put uv on PATH, or install "
            f"pip for {sys.executable}."
        )
    command = [sys.executable, "-m", "pip", "install", *common, "--disable-pip-version-check"]
    command += ["--no-compile", "--implementation", "cp"]
    return command + [part for name in target.platforms for part in ("--platform", name)]


def _move(source: Path, folder: Path) -> None:
    """Put the folder in place at once; a build at the same time may have been first."""
    try:
        source.rename(folder)
    except OSError:
        if not folder.exists():
            raise


def _read(info: Path) -> Distribution:
    listed = (line.partition(",")[0] for line in (info / "RECORD").read_text().splitlines())
    root = info.parent
    requirements = _REQUIREMENT.findall((info / "METADATA").read_text())
    return Distribution(
        name=_normal(info.name.partition("-")[0]),
        files=tuple(sorted(file for file in listed if _is_wanted(file) and (root / file).is_file())),
        requires=frozenset(_normal(name) for name, marker in requirements if "extra" not in marker),
    )


def _is_wanted(file: str) -> bool:
    path = Path(file)
    return (
        ".." not in path.parts
        and not path.parts[0].endswith(".dist-info")
        and path.name not in _NOISE
        and path.suffix not in _NOISE_SUFFIXES
    )


def _normal(name: str) -> str:
    """The name as PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()
