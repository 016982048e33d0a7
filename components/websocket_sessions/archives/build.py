"""Builds the archives of all handlers, each only where its contents changed."""

import json
import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from websocket_sessions.archives import bytecode, zips
from websocket_sessions.archives.contents import Catalogue
from websocket_sessions.archives.distributions import unpack
from websocket_sessions.archives.target import Target


def build(
    functions_dir: Path,
    handlers: Iterable[str],
    target: Target,
    cache_dir: Path,
    requirements: Path,
    *,
    with_bytecode: bool = True,
) -> dict[str, Path]:
    """Return the archive of each handler (a file's stem in `functions_dir/handlers`).

    Third-party code comes from `requirements`, a pinned file with hashes. An archive whose contents did not
    change is not written again. The same sources, target and `with_bytecode` give the same bytes on every
    machine.

    Raises ArchiveError if a handler or something it imports cannot be found or downloaded, or if bytecode is
    wanted and this machine has no interpreter of the target's version.
    """
    names = sorted(set(handlers))
    python = bytecode.interpreter(target) if with_bytecode else None
    folder = cache_dir / "zips" / f"{target}{'' if with_bytecode else '-sources'}"
    made = {name: folder / f"{name}.zip" for name in names}
    state = _read_state(folder / "state.json")
    sources = _digest([*functions_dir.rglob("*.py"), requirements, *Path(__file__).parent.glob("*.py")])
    stale = [
        name for name in names if state.get(name, {}).get("sources") != sources or not made[name].exists()
    ]
    if not stale:
        return made

    catalogue = Catalogue(functions_dir=functions_dir, distributions=unpack(requirements, target, cache_dir))
    files = {name: catalogue.contents(name) for name in stale}
    if python:
        files = _with_bytecode(files, target, python, cache_dir)
    for name, parts in files.items():
        contents = _contents_digest(parts)
        if state.get(name, {}).get("contents") != contents or not made[name].exists():
            zips.write(made[name], parts)
        state[name] = {"sources": sources, "contents": contents}
    _write_state(folder / "state.json", state)
    return made


def source_files(
    functions_dir: Path, handlers: Iterable[str], target: Target, cache_dir: Path, requirements: Path
) -> dict[str, frozenset[Path]]:
    """Return the files of `functions_dir` that go into each handler's archive."""
    distributions = unpack(requirements, target, cache_dir)
    catalogue = Catalogue(functions_dir=functions_dir, distributions=distributions)
    return {
        name: frozenset(path for path in catalogue.contents(name).values() if functions_dir in path.parents)
        for name in handlers
    }


def _with_bytecode(
    files: Mapping[str, Mapping[str, Path]], target: Target, python: str, cache_dir: Path
) -> dict[str, dict[str, Path]]:
    everything = {arcname: path for parts in files.values() for arcname, path in parts.items()}
    bytecodes = bytecode.compiled(everything, target, python, cache_dir)
    return {
        name: {**parts, **dict(bytecodes[source] for source in parts if source in bytecodes)}
        for name, parts in files.items()
    }


def _read_state(path: Path) -> dict[str, dict[str, str]]:
    """Return what earlier builds recorded of each archive; empty if the record is missing or unreadable."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def _write_state(path: Path, state: Mapping[str, Mapping[str, str]]) -> None:
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    scratch.write_text(json.dumps(state, indent=1, sort_keys=True))
    scratch.replace(path)


def _digest(sources: Iterable[Path]) -> str:
    digest = sha256()
    for path in sorted(sources):
        content = path.read_bytes()
        digest.update(f"{path} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _contents_digest(files: Mapping[str, Path]) -> str:
    digest = sha256()
    for arcname, path in sorted(files.items()):
        digest.update(f"{arcname} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
