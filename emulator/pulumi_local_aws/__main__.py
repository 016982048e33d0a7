"""`python -m pulumi_local_aws COMMAND`: the parts of the local AWS one by one. `make up` runs all of them."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from pulumi_local_aws.errors import EmulatorError

COMMANDS = {
    "gateway": ("pulumi_local_aws.gateway.cli", "the WebSocket gateway in front of a running emulator"),
    "ministack": ("pulumi_local_aws.ministack_cli", "MiniStack, in the foreground"),
    "engine": (
        "pulumi_local_aws.engine_cli",
        "`pulumi ARGUMENTS`, against the local stack (the CLI is built if need be)",
    ),
}


def main(argv: Sequence[str]) -> int:
    """Run one command; its exit status."""
    if not argv or argv[0] not in COMMANDS:
        lines = [f"  {name:10} {about}" for name, (_, about) in COMMANDS.items()]
        sys.stderr.write("usage: python -m pulumi_local_aws COMMAND [-h] ...\n" + "\n".join(lines) + "\n")
        return 0 if argv and argv[0] in {"-h", "--help"} else 2
    run: Callable[[list[str]], int | None] = import_module(COMMANDS[argv[0]][0]).main
    try:
        return run(list(argv[1:])) or 0
    except EmulatorError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
