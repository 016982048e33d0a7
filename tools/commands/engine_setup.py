"""Makes sure of the Pulumi CLI; run by `make setup` in the developer's virtual environment."""

import sys

from pulumi_local_aws.engine_build import ensure_cli
from pulumi_local_aws.errors import EmulatorError
from tools.dev_stack.console import CommandError, run_command


def main() -> int:
    """Find or build the CLI."""
    try:
        ensure_cli()
    except EmulatorError as error:
        raise CommandError(str(error)) from error
    return 0


if __name__ == "__main__":
    sys.exit(run_command("engine", main))
