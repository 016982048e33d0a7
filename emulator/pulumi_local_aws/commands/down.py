"""`local-aws down`: ends what `up` started, by recorded pid, and removes what it made."""

from pulumi_local_aws.commands.context import Context, parser
from pulumi_local_aws.console import say
from pulumi_local_aws.lock import exclusive
from pulumi_local_aws.stack import services


def main(argv: list[str]) -> int:
    """Stop the processes; the emulator's data goes with them."""
    arguments = parser("down", "Stop the local AWS and remove what `up` made.").parse_args(argv)
    layout = Context.of(arguments.cwd).layout
    if not layout.local.is_dir():
        say("Nothing was running.")
        return 0
    with exclusive(layout.lock, "local-aws down"):
        stopped = services.stop_all(layout)
        services.remove_files(layout)
    say(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    return 0
