"""`local-aws logs`: shows the functions' logs, one line an event."""

import time

from pulumi_local_aws.aws import client
from pulumi_local_aws.commands.context import Context, parser
from pulumi_local_aws.console import say
from pulumi_local_aws.stack.bring_up import load_outputs
from pulumi_local_aws.stack.follow_logs import follow
from pulumi_local_aws.stack.log_stream import LogStream, short_name


def main(argv: list[str]) -> int:
    """Print what was logged in the last minutes; with --follow, also what follows until Ctrl-C."""
    options = parser("logs", "Show the functions' logs.")
    options.add_argument("--follow", "-f", action="store_true", help="go on until Ctrl-C")
    options.add_argument("--minutes", type=float, default=10.0, help="how far back to start (10)")
    arguments = options.parse_args(argv)
    context = Context.of(arguments.cwd)
    load_outputs(context.layout)
    stack = context.stack()
    since = int((time.time() - arguments.minutes * 60) * 1000)
    logs = LogStream(
        client("logs", stack.aws_environment()), since, short_name(context.project.name, stack.name)
    )
    for line in logs.read():
        say(line)
    if arguments.follow:
        follow(logs)
    return 0
