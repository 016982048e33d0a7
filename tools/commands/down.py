"""`make down`: ends what `make up` started, by recorded pid, and removes what it made."""

import sys

from pulumi_local_aws.console import run_command, say
from pulumi_local_aws.lock import exclusive
from pulumi_local_aws.stack import services
from tools.dev_stack.dev_stack import stop_all
from tools.dev_stack.paths import DevLayout


def main() -> int:
    """Stop the processes; the emulator's data goes with it, so the next `make up` deploys again."""
    layout = DevLayout.of()
    with exclusive(layout.lock, "make down"):
        stopped = stop_all(layout)
        services.remove_files(layout)
    say(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    return 0


if __name__ == "__main__":
    sys.exit(run_command("make down", main))
