"""Makes MiniStack's virtual environment, from the pinned requirements, once for all projects."""

import shutil
from pathlib import Path

from pulumi_local_aws.cache import MINISTACK_REQUIREMENTS, cache_folder, ministack_python, ministack_venv
from pulumi_local_aws.console import progress, run_logged
from pulumi_local_aws.interpreters import preferred_python
from pulumi_local_aws.lock import exclusive

_COMPLETE = ".complete"


def ensure_ministack() -> Path:
    """Return MiniStack's interpreter, after installing it if it is missing (about a minute)."""
    venv, python = ministack_venv(), ministack_python()
    complete = venv / _COMPLETE
    if complete.is_file() and python.exists():
        return python
    with exclusive(cache_folder() / "ministack.lock", "local-aws install", wait=True):
        if complete.is_file() and python.exists():
            return python
        with progress("Installing MiniStack"):
            shutil.rmtree(venv, ignore_errors=True)
            log = cache_folder() / "install-ministack.log"
            run_logged([preferred_python(), "-m", "venv", venv], log=log, cwd=cache_folder())
            # Bytecode is made as modules are first imported: most of what is installed never is.
            options = ("--no-input", "--no-compile", "--disable-pip-version-check", "--require-hashes")
            run_logged(
                [python, "-m", "pip", "install", *options, "-r", MINISTACK_REQUIREMENTS],
                log=log,
                cwd=cache_folder(),
                hint="Is the package index reachable?",
            )
        complete.touch()
    return python
