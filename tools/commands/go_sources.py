"""The check of the Go sources: gofmt finds nothing to format, and go vet nothing suspicious."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.dev_stack.paths import ROOT

ENVIRONMENT = {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}
"""As a build has (pulumi_local_aws/go_build.py): no other toolchain and no other version is fetched."""


def go_is_there() -> bool:
    """Return whether this machine has Go with its formatter."""
    return shutil.which("go") is not None and shutil.which("gofmt") is not None


def modules(root: Path = ROOT) -> list[Path]:
    """Return the folders of the Go modules that have sources here, and not only pins."""
    found = (path.parent for path in (root / "emulator").rglob("go.mod"))
    return sorted(folder for folder in found if any(folder.rglob("*.go")))


def problems(module: Path) -> list[str]:
    """Return what gofmt and go vet say of a module, each as the command with its output."""
    unformatted = _run(module, "gofmt", "-l", "-e", ".")
    suspicious = _run(module, "go", "vet", "./...")
    found = [f"gofmt -w these files of {module.name}:\n{unformatted.stdout}"] if unformatted.stdout else []
    found += [
        f"{Path(str(done.args[0])).name} in {module.name}:\n{done.stderr}"
        for done in (unformatted, suspicious)
        if done.returncode
    ]
    return found


def main() -> int:
    """Check every module; 1 if there is a problem."""
    found = [problem for module in modules() for problem in problems(module)]
    for problem in found:
        sys.stdout.write(f"{problem}\n")
    return 1 if found else 0


def _run(module: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ENVIRONMENT
    return subprocess.run(command, cwd=module, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
