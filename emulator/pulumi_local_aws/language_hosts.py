"""Finds or builds the language hosts that a Pulumi CLI built from source lacks, when a program needs one."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pulumi_local_aws.cache import CLI_MODULE, YAML_MODULE, built_host
from pulumi_local_aws.go_build import GoProgram, Report, build

HOST_PREFIX = "pulumi-language-"
HOSTS: Mapping[str, GoProgram] = {
    "nodejs": GoProgram(
        name="Node.js language host",
        version="0.1.0",
        package="./language_nodejs",
        module=CLI_MODULE,
        duration="some seconds after the CLI's build, else about two minutes",
        instead="install the Pulumi CLI (https://www.pulumi.com/docs/install/), which brings one",
    ),
    "yaml": GoProgram(
        name="YAML language host",
        version="1.25.0",
        package="github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
        module=YAML_MODULE,
        duration="about two minutes",
        instead=(
            "put a pulumi-language-yaml on PATH (https://github.com/pulumi/pulumi-yaml), or install "
            "the Pulumi CLI (https://www.pulumi.com/docs/install/), which brings one"
        ),
    ),
}
"""The hosts that are built here, by the runtime that Pulumi.yaml names; Python's is part of this package."""


def ensure_host(runtime: str, report: Report = print) -> Path | None:
    """Return the host for a runtime: the one on PATH, else one built here. None if none can be built.

    Raises EngineUnavailable if it cannot be built here.
    """
    on_path = shutil.which(f"{HOST_PREFIX}{runtime}")
    if on_path is not None:
        return Path(on_path)
    if runtime not in HOSTS:
        return None
    target = built_host(runtime, HOSTS[runtime].module) / f"{HOST_PREFIX}{runtime}"
    return target if os.access(target, os.X_OK) else build(HOSTS[runtime], target, report)
