"""Where this machine keeps what all projects share: the Pulumi CLI and MiniStack's virtual environment."""

import hashlib
import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CLI_MODULE = PACKAGE / "cli_module"
"""The Go module that pins the Pulumi CLI, and has the Node.js language host."""
YAML_MODULE = PACKAGE / "yaml_module"
"""The Go module that pins the YAML language host."""
MINISTACK_REQUIREMENTS = PACKAGE / "ministack.txt"
"""MiniStack and its dependencies, pinned with hashes."""


def cache_folder() -> Path:
    """Return LOCAL_AWS_CACHE, else `pulumi-local-aws` in the user's cache folder (XDG_CACHE_HOME)."""
    named = os.environ.get("LOCAL_AWS_CACHE")
    if named:
        return Path(named).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pulumi-local-aws"


def ministack_venv() -> Path:
    """Return the folder of MiniStack's virtual environment: another one for other requirements."""
    digest = hashlib.sha256(MINISTACK_REQUIREMENTS.read_bytes()).hexdigest()[:12]
    return cache_folder() / f"ministack-{digest}"


def ministack_python() -> Path:
    """Return the interpreter that runs MiniStack and, inside it, the Lambda functions."""
    return ministack_venv() / "bin" / "python"


def built_cli(version: str) -> Path:
    """Return where the Pulumi CLI of this version is built to."""
    return cache_folder() / f"pulumi-{version}" / "pulumi"


def built_host(runtime: str, module: Path) -> Path:
    """Return the folder that a language host is built to: another one for other sources or pins."""
    files = sorted(path for path in module.rglob("*") if path.is_file())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
    return cache_folder() / f"language-{runtime}-{digest}"
