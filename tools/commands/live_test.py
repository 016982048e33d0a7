"""`make test-live STACK=dev`: the end-to-end tests against a deployed stack, from its outputs alone.

The stack may be in an AWS account, on LocalStack, or the one of `make up` (`source .local/env` first). The
tests make users, sessions and connections, and remove the users. They need credentials (AWS_*) that may
administer the stack's user pool and read its log groups. Behind this project's gateway some change the
gateway's clock and the functions' settings, and put them back.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_local_aws.console import run_command, say
from pulumi_local_aws.errors import CommandError
from tools.dev_stack.paths import ROOT

COST = "a few hundred messages and invocations: less than 0.01 USD"
"""At eu-central-1 and us-east-1 prices; the free tier covers it. Cognito counts each user that the tests
sign in as one active in that month, which is free for the first 10,000 of an account."""
Outputs = dict[str, Any]


def main() -> int:
    """Read the outputs by the Pulumi CLI of the user, and run tests/e2e on them."""
    arguments = argparse.ArgumentParser(prog="make test-live", description=__doc__)
    arguments.add_argument("stack", help="the stack's name, as `pulumi stack ls` shows it")
    stack = str(arguments.parse_args().stack)
    outputs = read_outputs(stack)
    say(f"Testing the stack {stack} {whereabouts(outputs, os.environ)}.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outputs.json"
        path.write_text(json.dumps(outputs), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "tests/e2e", "-q"]
        environment = os.environ | {"E2E_OUTPUTS": str(path)}
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def whereabouts(outputs: Outputs, environment: Mapping[str, str]) -> str:
    """Where the stack is and what testing it costs; raises CommandError where the environment is not its."""
    config, endpoint = outputs["frontendConfig"], environment.get("AWS_ENDPOINT_URL")
    if "cognitoEndpoint" in config:
        return f"at {config['webSocketUrl']}, its AWS at {endpoint or config['cognitoEndpoint']}"
    if endpoint:
        raise CommandError(
            f"the stack is in an AWS account, but AWS_ENDPOINT_URL leads to {endpoint}: unset it."
        )
    return f"at {config['webSocketUrl']} ({COST})"


def read_outputs(stack: str) -> Outputs:
    """Return the stack's outputs; raises CommandError where there are none."""
    command = ["pulumi", "stack", "output", "--json", "--show-secrets", "--stack", stack]
    try:
        shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise CommandError("the Pulumi CLI is not on PATH: install it, or `source .local/env`.") from error
    if shown.returncode != 0:
        raise CommandError(f"the outputs of {stack} cannot be read: {shown.stderr.strip()}")
    outputs = json.loads(shown.stdout)
    if "frontendConfig" not in outputs:
        raise CommandError(f"the stack {stack} is not deployed: it has no output frontendConfig.")
    return outputs


if __name__ == "__main__":
    sys.exit(run_command("make test-live", main))
