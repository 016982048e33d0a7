"""`local-aws COMMAND`: runs any Pulumi program on a local AWS. Also `python -m pulumi_local_aws COMMAND`."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from pulumi_local_aws.console import run_command

COMMANDS = {
    "up": "start the local AWS and deploy the program on it",
    "watch": "deploy again after each change of the sources, and show the functions' logs",
    "logs": "show the functions' logs",
    "test": "run a command, such as `-- pytest`, against the deployed program",
    "status": "show what runs, and the outputs",
    "down": "stop everything and remove what `up` made",
    "install": "get what all projects share: MiniStack and the Pulumi CLI",
    "engine": "run `pulumi ARGUMENTS` against the emulator that the environment names",
    "gateway": "run the WebSocket gateway in front of a running emulator, in the foreground",
    "ministack": "run MiniStack in the foreground",
}
_ELSEWHERE = {"gateway": "pulumi_local_aws.gateway.cli"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments else ""
    if name not in COMMANDS:
        lines = [f"  {command:10} {about}" for command, about in COMMANDS.items()]
        sys.stderr.write("usage: local-aws COMMAND [-h] ...\n" + "\n".join(lines) + "\n")
        return 0 if name in {"-h", "--help"} else 2
    module = import_module(_ELSEWHERE.get(name, f"pulumi_local_aws.commands.{name}"))
    run: Callable[[list[str]], int] = module.main
    return run_command(f"local-aws {name}", lambda: run(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main())
