"""Builds the archives of all handlers, each only where its contents changed."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from archives import bytecode, zips
from archives.contents import Contents
from archives.distributions import unpack
from archives.target import Target


def build(
    functions_dir: Path, handlers: Iterable[str], target: Target, cache_dir: Path, requirements: Path
) -> dict[str, Path]:
    """Return the archive of each handler (a file's stem in `functions_dir/handlers`).

    Third-party code comes from `requirements`, a pinned file with hashes. An archive whose contents did not
    change is not written again; the same sources give the same bytes. Bytecode is added where this machine
    has an interpreter of the target's version.

    Raises ArchiveError where a handler or something it imports cannot be found or downloaded.
    """
    names = sorted(set(handlers))
    python = bytecode.interpreter(target)
    folder = cache_dir / "zips" / f"{target}{'' if python else '-sources'}"
    state = folder / "state.json"
    made = {name: folder / f"{name}.zip" for name in names}
    known = _read_state(state)
    sources = _digest(functions_dir.rglob("*.py"), requirements, *Path(__file__).parent.glob("*.py"))
    if known.get("sources") == sources and all(made[n].exists() and n in known for n in names):
        return made

    contents = Contents(functions_dir=functions_dir, distributions=unpack(requirements, target, cache_dir))
    files = {name: contents.of(name) for name in names}
    if python:
        everything = {arcname: path for parts in files.values() for arcname, path in parts.items()}
        bytecodes = bytecode.compiled(everything, target, python, cache_dir)
        files = {
            name: parts | dict(bytecodes[source] for source in parts if source in bytecodes)
            for name, parts in files.items()
        }
    digests = {name: _contents_digest(parts) for name, parts in files.items()}
    for name, path in made.items():
        if known.get(name) != digests[name] or not path.exists():
            zips.write(path, files[name])
    state.write_text(json.dumps(digests | {"sources": sources}, indent=1, sort_keys=True))
    return made


def _read_state(path: Path) -> dict[str, str]:
    """What the last build noted; a state that cannot be read is no state."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def _digest(sources: Iterable[Path], *more: Path) -> str:
    digest = sha256()
    for path in (*sorted(sources), *more):
        content = path.read_bytes()
        digest.update(f"{path} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _contents_digest(files: Mapping[str, Path]) -> str:
    digest = sha256()
    for arcname, path in sorted(files.items()):
        digest.update(f"{arcname} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
