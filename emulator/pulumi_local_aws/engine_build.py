"""Finds the Pulumi CLI, or builds it once with Go from the pinned module in cli_module/."""

import os
import re
import shutil
from pathlib import Path

from pulumi_local_aws.cache import CLI_MODULE, built_cli
from pulumi_local_aws.errors import EngineUnavailable
from pulumi_local_aws.go_build import GoProgram, Report, build

PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_INSTALL = "install the Pulumi CLI (https://www.pulumi.com/docs/install/) or Go, and run again"


def find_cli(built: Path | None = None) -> Path | None:
    """The CLI on PATH (the official one brings its own language host), else the one built here, else None."""
    built = built or default_cli()
    on_path = shutil.which("pulumi")
    if on_path is not None and Path(on_path).resolve() != built.resolve():
        return Path(on_path)
    return built if os.access(built, os.X_OK) else None


def ensure_cli(report: Report = print, built: Path | None = None) -> Path:
    """The CLI, built first if there is none (some five minutes on two cores; once).

    Raises EngineUnavailable where there is neither a CLI nor Go, or the module is unavailable.
    """
    return find_cli(built) or build_cli(built or default_cli(), report)


def default_cli() -> Path:
    """Return where the CLI of the pinned version is built to."""
    return built_cli(pinned_version())


def pinned_version(module_dir: Path = CLI_MODULE) -> str:
    """The CLI's version as go.mod requires it, such as `3.274.1`."""
    text = (module_dir / "go.mod").read_text()
    found = re.search(r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", text)
    if found is None:
        raise EngineUnavailable(f"{module_dir / 'go.mod'} does not require github.com/pulumi/pulumi/pkg/v3.")
    return found[1]


def build_cli(target: Path, report: Report = print, module_dir: Path = CLI_MODULE) -> Path:
    """Build the CLI into `target`. Raises EngineUnavailable without Go, or if the build fails."""
    version = pinned_version(module_dir)
    program = GoProgram(
        name="Pulumi CLI",
        version=version,
        package=PACKAGE,
        module=module_dir,
        duration="about five minutes",
        instead=_INSTALL,
        link_flags=f"-s -w -X {_VERSION_SYMBOL}={version}",
    )
    return build(program, target, report)
