"""`make down`: ends what `make up` started, by recorded pid, and nothing else."""

import sys

from tools.dev_stack import local_aws
from tools.dev_stack.console import run_command, say
from tools.dev_stack.lock import exclusive
from tools.dev_stack.paths import Layout


def main() -> int:
    """Stop the processes; the emulator's data goes with it, so the next `make up` builds the stack anew."""
    layout = Layout.default()
    with exclusive(layout.run / "lock", "make down"):
        stopped = local_aws.stop_all(layout)
    say(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    return 0


if __name__ == "__main__":
    sys.exit(run_command("make down", main))
