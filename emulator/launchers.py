"""Writes the small executables through which the Pulumi engine finds its plugins on PATH."""

import shlex
import sys
from pathlib import Path

from emulator.ministack import REPOSITORY

LANGUAGE_HOST = "pulumi-language-python"
PROVIDER = "pulumi-resource-aws"
_MODULES = {LANGUAGE_HOST: "emulator.language_host", PROVIDER: "emulator.provider"}


def write_launchers(folder: Path, *, language_host: bool, python: Path | None = None) -> None:
    """Put the provider's launcher into `folder`, and the language host's where the CLI brings none.

    `python` is the interpreter that they run on: by default the one that runs this.
    """
    folder.mkdir(parents=True, exist_ok=True)
    interpreter = python or Path(sys.executable)
    names = [PROVIDER, LANGUAGE_HOST] if language_host else [PROVIDER]
    for name in names:
        _write(folder / name, interpreter, _MODULES[name])
    if not language_host:
        (folder / LANGUAGE_HOST).unlink(missing_ok=True)


def _write(path: Path, python: Path, module: str) -> None:
    text = (
        "#!/bin/sh\n"
        f"export PYTHONPATH={shlex.quote(str(REPOSITORY))} PYTHONUNBUFFERED=1\n"
        f'exec {shlex.quote(str(python))} -P -m {module} "$@"\n'
    )
    if path.exists() and path.read_text() == text:
        return
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text)
    partial.chmod(0o755)
    partial.replace(path)
