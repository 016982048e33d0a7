"""Writes the small executables through which the Pulumi engine finds its plugins on PATH."""

import shlex
import sys
from pathlib import Path

from pulumi_local_aws.ministack import REPOSITORY

LANGUAGE_HOST = "pulumi-language-python"
PROVIDER = "pulumi-resource-aws"
# The version of pulumi_aws whose resources the provider supports; the engine asks for exactly this one.
PROVIDER_VERSION = "7.51.1"


def write_launchers(bin_dir: Path, home: Path, *, language_host: bool, python: Path | None = None) -> None:
    """Write the provider's launcher, and the language host's where the CLI brings none.

    The host goes beside the CLI in `bin_dir`, as in an official installation; the provider into the plugin
    cache of `home` (PULUMI_HOME), where the engine takes it for the version it wants, without a warning.
    `python` is the interpreter that they run on: by default the one that runs this.
    """
    interpreter = python or Path(sys.executable)
    cache = home / "plugins" / f"resource-aws-v{PROVIDER_VERSION}"
    _write(cache / PROVIDER, interpreter, "pulumi_local_aws.provider")
    if language_host:
        _write(bin_dir / LANGUAGE_HOST, interpreter, "pulumi_local_aws.language_host")


def _write(path: Path, python: Path, module: str) -> None:
    text = (
        "#!/bin/sh\n"
        f"export PYTHONPATH={shlex.quote(str(REPOSITORY / 'emulator'))} PYTHONUNBUFFERED=1\n"
        f'exec {shlex.quote(str(python))} -P -m {module} "$@"\n'
    )
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text)
    partial.chmod(0o755)
    partial.replace(path)
