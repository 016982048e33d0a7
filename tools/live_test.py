"""`make test-live STACK=dev`: the end-to-end tests against a deployed stack, from its outputs alone.

The tests make users, sessions and connections, and remove the users. They need AWS credentials that may
administer the stack's user pool and read its log groups.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.console import CommandError, run_command, say
from tools.layout import ROOT

COST = "a few hundred messages and invocations: less than 0.01 USD"
"""At eu-central-1 and us-east-1 prices; the free tier covers it."""


def main() -> int:
    """Read the outputs by the Pulumi CLI of the user, and run tests/e2e on them."""
    arguments = argparse.ArgumentParser(prog="make test-live", description=__doc__)
    arguments.add_argument("stack", help="the stack's name, as `pulumi stack ls` shows it")
    stack = str(arguments.parse_args().stack)
    outputs = read_outputs(stack)
    say(f"Testing the stack {stack} at {outputs['frontendConfig']['webSocketUrl']} ({COST}).")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outputs.json"
        path.write_text(json.dumps(outputs), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "tests/e2e", "-q"]
        environment = os.environ | {"E2E_OUTPUTS": str(path)}
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def read_outputs(stack: str) -> dict[str, dict[str, str]]:
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
