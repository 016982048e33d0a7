"""`local-aws engine ARGUMENTS`: runs the Pulumi CLI against the emulator that the environment names."""

import os
import subprocess
import sys
from pathlib import Path

from localstack_client.config import get_service_endpoint

from pulumi_local_aws.engine import Engine
from pulumi_local_aws.ministack import REGION


def main(argv: list[str]) -> int:
    """Run `pulumi ARGUMENTS` here, with the terminal as it is; return its exit status."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or get_service_endpoint("sts")
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    aws = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, **aws, "AWS_ENDPOINT_URL": str(endpoint)}
    engine = Engine.prepare(aws, state=Path(".local", "engine", "state").absolute(), report=_report)
    command = [str(engine.cli), *argv]
    return subprocess.run(command, cwd=Path.cwd(), env=dict(engine.environment), check=False).returncode  # noqa: S603


def _report(line: str) -> None:
    sys.stderr.write(f"{line}\n")
