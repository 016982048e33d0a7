"""Writes zip files whose bytes depend on nothing but their contents."""

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip file can state."""

_REGULAR_READABLE = 0o100644 << 16
_UNIX = 3


def write(path: Path, files: Mapping[str, Path]) -> None:
    """Write the files (name in the archive to path) in order of their names, with one time and one mode.

    Entries are stored uncompressed: the output of deflate differs between zlib, zlib-ng and Apple's zlib.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    with zipfile.ZipFile(scratch, "w", zipfile.ZIP_STORED) as archive:
        for arcname in sorted(files):
            entry = zipfile.ZipInfo(arcname, date_time=EARLIEST)
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_READABLE
            archive.writestr(entry, files[arcname].read_bytes())
    scratch.replace(path)
