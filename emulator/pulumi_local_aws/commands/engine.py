"""`local-aws engine ARGUMENTS`: runs the Pulumi CLI against the emulator that the environment names.

A CLI that is built here gets the language host and the plugin version of the program in the folder, if any.
"""

import os
import subprocess
import sys
from pathlib import Path

from localstack_client.config import get_service_endpoint

from pulumi_local_aws.engine import Engine
from pulumi_local_aws.launchers import TESTED_VERSION
from pulumi_local_aws.ministack import REGION
from pulumi_local_aws.stack.project import Project


def main(argv: list[str]) -> int:
    """Run `pulumi ARGUMENTS` here, with the terminal as it is; return its exit status."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or get_service_endpoint("sts")
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    aws = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, **aws, "AWS_ENDPOINT_URL": str(endpoint)}
    project = Project.search(Path.cwd())
    engine = Engine.prepare(
        aws,
        state=Path(".local", "engine", "state").absolute(),
        versions=(project.aws_version(), TESTED_VERSION) if project else (TESTED_VERSION,),
        runtimes=[project.runtime] if project else [],
        report=_report,
    )
    command = [str(engine.cli), *argv]
    return subprocess.run(command, cwd=Path.cwd(), env=dict(engine.environment), check=False).returncode  # noqa: S603


def _report(line: str) -> None:
    sys.stderr.write(f"{line}\n")
