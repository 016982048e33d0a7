"""Finds the functions' sources: package data of the wheel, or the repository of an editable install."""

import ast
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from websocket_sessions.archives.errors import ArchiveError

CHECKOUT = "WEBSOCKET_SESSIONS_CHECKOUT"
"""Environment variable that names a checkout whose functions are deployed in place of the package's own."""

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class FunctionSources:
    """The functions' folder, and the file that pins what they need from the package index."""

    folder: Path
    requirements: Path

    @classmethod
    def find(cls, package: Path = _PACKAGE) -> Self:
        """Return the sources that belong to this package.

        Raises ArchiveError if they are missing.
        """
        checkout = os.environ.get(CHECKOUT)
        installed = package / "_functions"
        candidates = [
            cls(folder=installed, requirements=installed / "requirements.txt"),
            cls.in_checkout(package.parents[1]),
        ]
        if checkout:
            candidates = [cls.in_checkout(Path(checkout))]
        for candidate in candidates:
            if (candidate.folder / "handlers").is_dir() and candidate.requirements.is_file():
                return candidate
        searched = " or ".join(str(candidate.folder) for candidate in candidates)
        raise ArchiveError(
            f"The functions' sources are missing in {searched}: "
            + (f"correct {CHECKOUT}." if checkout else "install websocket-sessions again.")
        )

    @classmethod
    def in_checkout(cls, root: Path) -> Self:
        """Return the sources of a checkout of this repository."""
        return cls(folder=root / "functions", requirements=root / "requirements" / "functions.txt")

    def handlers(self) -> list[str]:
        """Return the names of all handlers: files in `handlers/` that define `handler`."""
        files = (self.folder / "handlers").glob("*.py")
        return sorted(path.stem for path in files if _defines_handler(path))


def _defines_handler(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(item, ast.FunctionDef) and item.name == "handler" for item in tree.body)
