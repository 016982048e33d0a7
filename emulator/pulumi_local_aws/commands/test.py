"""`local-aws test -- COMMAND`: runs a command against the deployed program."""

import os
import subprocess
from contextlib import suppress

from pulumi_local_aws.commands.context import Context, parser
from pulumi_local_aws.console import say
from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.lock import exclusive
from pulumi_local_aws.stack import services
from pulumi_local_aws.stack.bring_up import bring_up


def main(argv: list[str]) -> int:
    """Deploy, run the command with the stack's variables, and return its exit status.

    A stack that was not up before is taken down afterwards.
    """
    options = parser("test", "Deploy, run a command such as `-- pytest`, and return its exit status.")
    options.add_argument("command", nargs="+", help="the command, after --")
    arguments = options.parse_args(argv)
    context = Context.of(arguments.cwd)
    layout = context.layout
    was_up = services.running(layout) is not None
    try:
        with exclusive(layout.lock, "local-aws test"):
            stack = context.stack()
            bring_up(layout, stack)
        environment = os.environ | stack.aws_environment() | {"LOCAL_AWS_OUTPUTS": str(layout.outputs)}
        return run(arguments.command, environment)
    finally:
        if not was_up:
            with suppress(CommandError), exclusive(layout.lock, "local-aws test"):
                services.stop_all(layout)
                services.remove_files(layout)
            say("The local stack is down again.")


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run the command to its end; return its exit status. Raises CommandError if it is not installed."""
    try:
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
    except FileNotFoundError as error:
        raise CommandError(f"{command[0]} is not installed.") from error
