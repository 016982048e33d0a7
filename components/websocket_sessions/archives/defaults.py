"""Builds the archives of the package's own functions into the project's folder."""

import os
from collections.abc import Iterable
from pathlib import Path

from websocket_sessions.archives.build import build
from websocket_sessions.archives.sources import FunctionSources
from websocket_sessions.archives.target import Target

CACHE_FOLDER = "WEBSOCKET_SESSIONS_CACHE"
"""Environment variable that moves the folder of downloads and archives."""


def cache_folder() -> Path:
    """Return the folder of downloads and archives: `.websocket-sessions` in the working folder by default.

    The engine runs programs and plugins in the project's folder.
    """
    return Path(os.environ.get(CACHE_FOLDER) or ".websocket-sessions").absolute()


def default_archives(
    handlers: Iterable[str], target: Target | None = None, *, with_bytecode: bool = True
) -> dict[str, Path]:
    """Return the archive of each handler of the package, built if it is not there yet.

    Paths are relative to the working folder, so that a stack's state names no folder of one machine.

    Raises ArchiveError if the archives cannot be built.
    """
    sources = FunctionSources.find()
    folder = cache_folder()
    _hide_from_git(folder)
    built = build(
        sources.folder,
        handlers,
        target or Target.resolve(),
        folder,
        sources.requirements,
        with_bytecode=with_bytecode,
    )
    return {name: Path(os.path.relpath(path)) for name, path in built.items()}


def _hide_from_git(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
