"""`local-aws watch`: deploys again after each change of the sources, and shows the functions' logs."""

import threading
import time
from pathlib import Path

from pulumi_local_aws.aws import client
from pulumi_local_aws.commands.context import Context, parser
from pulumi_local_aws.console import say
from pulumi_local_aws.errors import EmulatorError
from pulumi_local_aws.lock import exclusive
from pulumi_local_aws.stack.bring_up import deploy, load_outputs, write_files
from pulumi_local_aws.stack.follow_logs import follow
from pulumi_local_aws.stack.log_stream import LogStream, short_name
from pulumi_local_aws.stack.program_stack import ProgramStack
from pulumi_local_aws.stack.source_changes import source_changes


def main(argv: list[str]) -> int:
    """Watch until Ctrl-C."""
    arguments = parser("watch", "Deploy again after each change, and show the logs.").parse_args(argv)
    context = Context.of(arguments.cwd)
    load_outputs(context.layout)
    stack = context.stack()
    logs = LogStream(
        client("logs", stack.aws_environment()),
        int(time.time() * 1000),
        short_name(context.project.name, stack.name),
    )
    stop = threading.Event()
    threading.Thread(target=follow, args=(logs, stop), daemon=True).start()
    begun = False
    try:
        for changed in source_changes(context.project.folder, context.layout.local):
            if not begun:
                begun = True
                say(f"Watching {context.project.folder}. Ctrl-C ends it.")
            if changed:
                redeploy(context, stack, changed)
    finally:
        stop.set()
    return 0


def redeploy(context: Context, stack: ProgramStack, changed: set[Path]) -> None:
    """Deploy and print what changed, or the error, after which the last deployment stays."""
    started = time.monotonic()
    names = ", ".join(sorted(path.name for path in changed))
    try:
        with exclusive(context.layout.lock, "local-aws watch", wait=True):
            stack.prepare()
            summary = deploy(context.layout, stack)
            write_files(context.layout, stack, stack.outputs())
    except EmulatorError as error:
        say(f"-- {names}: {error}")
    else:
        say(f"-- {names}: deployed in {time.monotonic() - started:.1f} s ({summary})")
