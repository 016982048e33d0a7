"""Finds a function's code by the path that a program gives, such as `app/app.handler`."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pulumi import Archive, AssetArchive, FileArchive, FileAsset, Input

from websocket_sessions.arguments import check

DEFAULT_RUNTIME = "python3.13"
_RUNTIMES = {".py": DEFAULT_RUNTIME, ".mjs": "nodejs22.x", ".js": "nodejs22.x", ".cjs": "nodejs22.x"}
"""The runtime for a file, by its suffix."""
CODE_PATH = re.compile(r"(?:[^:\s]*/)?[\w-]+\.\w+")
"""An optional folder, a module and a function in it."""


@dataclass(frozen=True, kw_only=True)
class SourceCode:
    """Code that a function can run."""

    archive: Input[Archive]
    """The folder with all its files, or the one file where the path names no folder."""
    handler: str
    """Module and function in the archive."""
    runtime: Input[str]
    """The runtime for the file."""


def source_code(argument: str, path: str) -> SourceCode:
    """Return the code at a path, relative to the program's folder.

    Raises ArgumentError if the path has another form or if there is no file for it.
    """
    check(
        argument,
        path,
        "allowed is a path to code such as app/app.handler: a folder, a module and a function in it",
        when=CODE_PATH.fullmatch(path) is not None,
    )
    folder, _, handler = path.rpartition("/")
    module = handler.partition(".")[0]
    found = [suffix for suffix in _RUNTIMES if (Path(folder) / f"{module}{suffix}").is_file()]
    names = ", ".join(f"{module}{suffix}" for suffix in _RUNTIMES)
    where = f"the folder {folder}" if folder else "the program's folder"
    check(argument, path, f"{where} has none of {names}", when=bool(found))
    file = f"{module}{found[0]}"
    archive = FileArchive(folder) if folder else AssetArchive({file: FileAsset(str(PurePosixPath(file)))})
    return SourceCode(archive=archive, handler=handler, runtime=_RUNTIMES[found[0]])
